// Knows how much room is left without asking the file system for each status.

import { type DiskRoom, diskRoom } from "./disk-use.ts";

const LOOK_EVERY_MS = 5_000;

export class DiskWatch {
  readonly #folder: string;
  readonly #timer: NodeJS.Timeout;
  #room: DiskRoom | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  static async open(folder: string): Promise<DiskWatch> {
    const watch = new DiskWatch(folder);
    await watch.#look();
    return watch;
  }

  get room(): DiskRoom | undefined {
    return this.#room;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      this.#room = await diskRoom(this.#folder);
    } catch {
      // Not every file system tells; writing to it is what shows a failure.
      this.#room = undefined;
    }
  }
}
