// A disk of its own for homes: ext4 on a loop device, whose power can be cut and which can fail. A cut is the file
// system's own shutdown call without a flush of its log, as its crash tests use it: whatever was not synced is gone. A
// failure is the file system's own reaction to an error (errors=remount-ro). Needs root, mkfs.ext4 and perl.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { SkippedFault } from "./fault.ts";

const SIZE_BYTES = 512 * 1024 * 1024;
/** Dirty pages and directory entries stay in memory for long; a rename over a file is no reason to write them. */
const OPTIONS = "loop,commit=60,errors=remount-ro,noauto_da_alloc";
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH; the runtime has no call for it. */
const SHUTDOWN =
  'open(my $folder, "<", $ARGV[0]) or die "open: $!"; my $flags = pack("L", 2); ioctl($folder, 0x8004587D, $flags) or die "ioctl: $!";';

export class CrashDisk {
  readonly folder: string;
  readonly #image: string;
  #isMounted = false;

  private constructor(folder: string, image: string) {
    this.folder = folder;
    this.#image = image;
  }

  static make(folder: string): CrashDisk {
    mkdirSync(folder, { recursive: true });
    const image = `${folder}.img`;
    writeFileSync(image, "");
    truncateSync(image, SIZE_BYTES);
    needed("mkfs.ext4", ["-q", "-F", image]);
    const disk = new CrashDisk(folder, image);
    needed("mount", ["-o", OPTIONS, image, folder]);
    disk.#isMounted = true;
    // Also when the harness is stopped in the middle: a loop device outlives its process.
    process.once("exit", () => disk.close());
    try {
      needed("perl", ["-e", "1"]);
    } catch (error) {
      disk.close();
      throw error;
    }
    return disk;
  }

  /** From here on nothing reaches the disk; what was not synced never will. */
  cutPower(): void {
    done("perl", ["-e", SHUTDOWN, this.folder]);
  }

  /** The file system finds an error and makes itself read-only under everybody who has files open. */
  failReadOnly(): void {
    const source = done("findmnt", ["-n", "-o", "SOURCE", this.folder]).trim();
    writeFileSync(`/sys/fs/ext4/${basename(source)}/trigger_fs_error`, "1");
  }

  /** As after a power cut: the log of the file system is played back. Nobody may have a file open. */
  remount(): void {
    this.#unmount();
    // 1: errors were put right.
    done("e2fsck", ["-p", this.#image], [0, 1]);
    done("mount", ["-o", OPTIONS, this.#image, this.folder]);
    this.#isMounted = true;
  }

  /** Of all files, as programs see them now. */
  contentBytes(): number {
    const paths = readdirSync(this.folder, { recursive: true, encoding: "utf8" }).map((name) =>
      statSync(join(this.folder, name), { throwIfNoEntry: false }),
    );
    return paths.reduce((sum, found) => sum + (found?.isFile() === true ? found.size : 0), 0);
  }

  close(): void {
    if (this.#isMounted) spawnSync("umount", ["-l", this.folder]);
    this.#isMounted = false;
  }

  #unmount(): void {
    done("umount", [this.folder]);
    this.#isMounted = false;
  }
}

/** What this machine may not be able to do at all. */
function needed(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim();
  throw new SkippedFault(`needs root, a loop device, mkfs.ext4 and perl; ${command}: ${why}`);
}

function done(command: string, args: readonly string[], codes: readonly number[] = [0]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (codes.includes(status ?? -1)) return stdout;
  throw new Error(`${command} ended with ${status}: ${stderr.trim()}`);
}
