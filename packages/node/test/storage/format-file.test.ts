// FORMAT says whose data a folder holds: of which layout, of which chain, of which node. Each of them has its exit code.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../../src/config/home.ts";
import { claimHome } from "../../src/daemon/home.ts";
import { readFormat, writeFormat } from "../../src/storage/format-file.ts";

const CHAIN = "c".repeat(64);
const [OWN, NEXT, OTHER] = ["1".repeat(64), "2".repeat(64), "3".repeat(64)] as const;
let root = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "selvedge-format-"));
  await mkdir(join(root, "data"));
  await writeFormat(homePaths(root).formatFile, { chainId: CHAIN, nodes: [] });
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe("FORMAT", () => {
  it("of a newer layout is refused as such (76), whatever else it says", async () => {
    const path = homePaths(root).formatFile;
    await writeFile(path, "selvedge-data/99\nsomething of the future\n");
    await expect(readFormat(path)).rejects.toMatchObject({ code: "WRONG_CHAIN", exitCode: 76 });
  });

  it("with any flipped bit is refused", async () => {
    const path = homePaths(root).formatFile;
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 1) {
      await writeFile(
        path,
        whole.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte)),
      );
      await expect(readFormat(path), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^(DATA_CORRUPT|WRONG_CHAIN)$/u),
      });
    }
  });

  it("belongs to the node that first started with it: another one's key is refused (76)", async () => {
    const paths = homePaths(root);
    await claimHome(paths, [OWN]);
    await claimHome(paths, [OWN]);
    await expect(claimHome(paths, [OTHER])).rejects.toMatchObject({ code: "WRONG_CHAIN", exitCode: 76 });
  });

  it("goes along when a node changes its key", async () => {
    const paths = homePaths(root);
    await claimHome(paths, [OWN]);
    await claimHome(paths, [OWN, NEXT]);
    await claimHome(paths, [NEXT]);
    expect(await readFormat(paths.formatFile)).toEqual({ chainId: CHAIN, nodes: [OWN, NEXT] });
    await expect(claimHome(paths, [OTHER])).rejects.toMatchObject({ code: "WRONG_CHAIN" });
  });
});
