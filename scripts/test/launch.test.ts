// The way from `npm run selvedge` to the program: a small checkout made of copies, in which the program is a probe.
// What must hold: exit codes, signals, arguments and the user's directory arrive; stdout belongs to the program.

import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const scripts = dirname(import.meta.dirname);

const manifest = '{"type":"module"}';

const probe = `
const [order, value] = process.argv.slice(2);
if (order === "exit") process.exit(Number(value));
if (order === "wait") { process.on("SIGTERM", () => process.exit(73)); setInterval(() => {}, 1000); }
console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2), isMain: import.meta.main }));
`;

let root = "";

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "selvedge-launch-")));
  for (const folder of ["scripts", "user", "packages/node/src", "node_modules/.bin"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const name of ["bootstrap.mjs", "selvedge.ts"]) copyFileSync(join(scripts, name), join(root, "scripts", name));
  writeFileSync(join(root, "package.json"), manifest);
  writeFileSync(join(root, "pnpm-lock.yaml"), "lock");
  writeFileSync(join(root, "pnpm-workspace.yaml"), "workspace");
  writeFileSync(join(root, "packages/node/src/main.ts"), probe);
  writeFileSync(join(root, "node_modules/.selvedge-setup"), stamp());
  symlinkSync(process.execPath, join(root, "node_modules/.bin/node"));
});

afterEach(() => rmSync(root, { recursive: true }));

test("exit codes arrive unchanged", () => {
  for (const code of [0, 1, 65, 73, 78]) expect(launch(["exit", String(code)]).status).toBe(code);
});

test("the program is the main module and gets its arguments, in the directory where the user stands", () => {
  const result = launch(["replay", "--json", "a file"], { INIT_CWD: join(root, "user") });
  const said = { cwd: join(root, "user"), args: ["replay", "--json", "a file"], isMain: true };
  expect(JSON.parse(result.stdout)).toEqual(said);
  expect(result.stderr).toBe("");
});

test("a signal reaches the program, and its own exit code comes back", async () => {
  const child = spawn(process.execPath, launcherArguments(["wait"]), {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([73, null]);
});

test("a program that is not in this version is named, with exit code 2 and nothing on stdout", () => {
  const result = launch(["sim", "run"]);
  expect([result.status, result.stdout]).toEqual([2, ""]);
  expect(result.stderr).toContain("not part of this version");
});

test("an out-of-date checkout is set up again without a word on stdout", () => {
  writeFileSync(join(root, "pnpm-lock.yaml"), "newer lock");
  const path = installerThat("echo noise; exit 0");
  const first = launch(["exit", "0"], { PATH: path });
  expect([first.status, first.stdout]).toEqual([0, ""]);
  expect(first.stderr).toContain("setting up");
  expect(launch(["exit", "0"], { PATH: path }).stderr).toBe("");
});

test("setting up that fails says so, shows why and ends with 69", () => {
  rmSync(join(root, "node_modules/.selvedge-setup"));
  const result = launch(["exit", "0"], { PATH: installerThat("echo no route to registry; exit 1") });
  expect([result.status, result.stdout]).toEqual([69, ""]);
  expect(result.stderr).toContain("no route to registry");
  expect(result.stderr).toContain("setting up failed");
});

test("a pinned Node that this machine cannot start gives way to the machine's own, if that is new enough", () => {
  const path = machineWithoutLibrary();
  const first = launch(["exit", "7"], { PATH: path });
  expect([first.status, first.stdout]).toEqual([7, ""]);
  expect(first.stderr).toContain("libatomic.so.1: cannot open");
  expect(first.stderr).toContain(`${process.version} runs instead`);
  expect(realpathSync(join(root, "node_modules/.bin/node"))).toBe(realpathSync(process.execPath));
  expect(launch(["exit", "7"], { PATH: path }).stderr).toBe("");
});

test("so does one that is not made for this machine's platform", () => {
  const path = machineWithoutLibrary("exit 0");
  const { status, stderr } = launch(["exit", "7"], { PATH: path });
  expect(status).toBe(7);
  expect(stderr).toContain(`there is none for ${process.platform}-${process.arch} and its C library`);
  expect(stderr).toContain(`${process.version} runs instead`);
});

const olderNode = nodeOnPath((major) => major >= 20 && major < 24);

test.runIf(olderNode)("else to one that needs fewer libraries, which is fetched", () => {
  const path = machineWithoutLibrary();
  // What npm is asked for: install --prefix FOLDER ... NAME@VERSION
  const bin = `$3/node_modules/node-${process.platform}-${process.arch}/bin`;
  fake("npm", `mkdir -p "${bin}" && ln -s "${process.execPath}" "${bin}/node"`);
  const first = launch(["exit", "7"], { PATH: path }, olderNode);
  expect([first.status, first.stdout]).toEqual([7, ""]);
  expect(first.stderr).toContain("runs instead");
  expect(launch(["exit", "7"], { PATH: path }, olderNode).stderr).toBe("");
});

test.runIf(olderNode)("a machine on which neither starts is told what is missing, every time", () => {
  const path = machineWithoutLibrary();
  fake("npm", "echo no such version; exit 1");
  for (let time = 0; time < 2; time += 1) {
    const { status, stdout, stderr } = launch(["exit", "0"], { PATH: path }, olderNode);
    expect([status, stdout]).toEqual([69, ""]);
    expect(stderr).toContain("libatomic.so.1: cannot open");
    expect(stderr).toContain("no such version");
  }
});

function launch(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node = process.execPath,
): SpawnSyncReturns<string> {
  const clean = { ...process.env, INIT_CWD: undefined, NODE_OPTIONS: undefined, ...env };
  return spawnSync(node, launcherArguments(args), { cwd: root, encoding: "utf8", env: clean });
}

/** The first `node` on the path of such a major version. */
function nodeOnPath(fits: (major: number) => boolean): string | undefined {
  const files = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  return files.find((file) => {
    const { status, stdout } = spawnSync(file, ["--version"], { encoding: "utf8" });
    return status === 0 && fits(Number.parseInt(stdout.slice(1), 10));
  });
}

/** Not set up yet; setting up links a Node that does not start, or does as told. Returns the PATH. */
function machineWithoutLibrary(setup?: string): string {
  rmSync(join(root, "node_modules/.selvedge-setup"));
  const pinned = join(root, "node_modules/.bin/node");
  rmSync(pinned);
  const broken = join(root, "broken-node");
  writeFileSync(broken, "#!/bin/sh\necho 'libatomic.so.1: cannot open shared object file' >&2; exit 127\n");
  chmodSync(broken, 0o755);
  return installerThat(setup ?? `ln -sf "${broken}" "${pinned}"`);
}

function launcherArguments(args: readonly string[]): string[] {
  return [join(root, "scripts/bootstrap.mjs"), "scripts/selvedge.ts", ...args];
}

/** A PATH whose `npx` does as told. */
function installerThat(script: string): string {
  fake("npx", script);
  return `${join(root, "fake")}${delimiter}${process.env["PATH"] ?? ""}`;
}

function fake(command: string, script: string): void {
  mkdirSync(join(root, "fake"), { recursive: true });
  writeFileSync(join(root, "fake", command), `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, "fake", command), 0o755);
}

/** What a finished installation leaves behind, for the checkout as it was first written. */
function stamp(): string {
  const files = { "pnpm-lock.yaml": "lock", "pnpm-workspace.yaml": "workspace", "package.json": manifest };
  const hash = createHash("sha256");
  for (const [name, text] of Object.entries(files)) hash.update(`${name}\0${text}`);
  return hash.digest("hex");
}
