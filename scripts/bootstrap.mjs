// The first step of every npm script: makes the checkout ready, then runs the given file under the pinned Node.
// It must run on the Node that a machine happens to have (20 or later) before anything is installed, so it is plain
// JavaScript without dependencies. Setting up writes to stderr only: stdout belongs to the program that follows.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Module } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const pnpm = "pnpm@12.21.0";
const nodeMajorMin = 24;
/** Needs fewer libraries of the machine than the pinned one, which wants libatomic. There for x64 and arm64. */
const spareNodeVersion = "24.21.0";
const exitUnavailable = 69;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinnedNode = join(root, "node_modules", ".bin", "node");
const stampFile = join(root, "node_modules", ".selvedge-setup");

/** What an installation is made from; any change means it is out of date. */
function setupDigest() {
  const hash = createHash("sha256");
  const names = readdirSync(join(root, "packages")).toSorted((left, right) => (left < right ? -1 : 1));
  const packages = names.map((name) => `packages/${name}/package.json`);
  for (const name of [
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "package.json",
    "bench/package.json",
    "faults/package.json",
    ...packages,
  ]) {
    if (existsSync(join(root, name))) hash.update(`${name}\0`).update(readFileSync(join(root, name)));
  }
  return hash.digest("hex");
}

/** @param {string} digest */
function isSetUp(digest) {
  return existsSync(pinnedNode) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === digest;
}

/** @param {string} digest */
function setUp(digest) {
  process.stderr.write("selvedge: setting up this checkout (once, needs the npm registry) ...\n");
  const trouble = install("npx", ["--yes", pnpm, "install", "--frozen-lockfile"]);
  if (trouble !== null) {
    process.stderr.write(
      `${trouble}\nselvedge: setting up failed (npx ${pnpm} install --frozen-lockfile). ` +
        "It needs the npm registry once; check the network or the proxy, then run the same command again.\n",
    );
    process.exit(exitUnavailable);
  }
  const nodeTrouble = whyNotStarting(pinnedNode);
  if (nodeTrouble !== null) replacePinnedNode(nodeTrouble);
  writeFileSync(stampFile, digest);
}

/**
 * Null if it went well, otherwise all that it said.
 * @param {string} command
 * @param {readonly string[]} args
 */
function install(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    // `npm run --silent` would otherwise silence the very message that explains a failure.
    env: { ...process.env, npm_config_loglevel: "error", CI: "true" },
  });
  return status === 0 ? null : `${error?.message ?? ""}${stdout ?? ""}${stderr ?? ""}`;
}

/** @param {string} file */
function whyNotStarting(file) {
  const { error, status, stderr } = spawnSync(file, ["--version"], { encoding: "utf8" });
  if (status === 0) return null;
  // Also said of a program whose loader is missing, as on Linux without glibc.
  const isAbsent = error !== undefined && "code" in error && error.code === "ENOENT";
  if (isAbsent) return `there is none for ${process.platform}-${process.arch} and its C library`;
  return error?.message ?? stderr.trim();
}

/**
 * Small images lack libraries that the pinned Node is linked with: then the machine's own does, or one that needs less.
 * @param {string} trouble
 */
function replacePinnedNode(trouble) {
  // It is the first `node` on the path of everything that npm starts, npm itself included.
  rmSync(pinnedNode, { force: true });
  symlinkSync(isNewEnough() ? process.execPath : installSpareNode(trouble), pinnedNode);
  const version = isNewEnough() ? process.version : `v${spareNodeVersion}`;
  const remedy = trouble.includes("shared librar")
    ? " With what is missing (Debian: apt-get install libatomic1) and without node_modules, the pinned one would."
    : "";
  process.stderr.write(
    `selvedge: the pinned Node does not start on this machine (${trouble}); ${version} runs instead.${remedy}\n`,
  );
}

/**
 * Its path.
 * @param {string} trouble
 */
function installSpareNode(trouble) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, "node_modules", ".selvedge-node");
  const node = join(folder, "node_modules", name, "bin", "node");
  const args = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  const spareTrouble = install("npm", [...args, `${name}@${spareNodeVersion}`]) ?? whyNotStarting(node);
  if (spareTrouble === null) return node;
  process.stderr.write(
    `selvedge: no Node.js that starts on this machine: the pinned one says "${trouble}", ` +
      `${spareNodeVersion} says "${spareTrouble.trim()}". Both need macOS, or Linux with glibc 2.28 and libstdc++; ` +
      `a \`node\` of version ${nodeMajorMin} or newer on the path would do, too.\n`,
  );
  return process.exit(exitUnavailable);
}

function isNewEnough() {
  return Number.parseInt(process.versions.node, 10) >= nodeMajorMin;
}

/** Starts this file again under the pinned Node; our end is its end. */
function runUnderPinnedNode() {
  const child = spawn(pinnedNode, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    // A terminal sends Ctrl-C to the whole group, so the child has it already; anything else reaches only us.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal));
  }
  child.on("error", (error) => {
    process.stderr.write(`selvedge: cannot start ${pinnedNode}: ${error.message}\n`);
    process.exit(exitUnavailable);
  });
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
}

const target = process.argv[2];
if (target === undefined) {
  process.stderr.write("usage: node scripts/bootstrap.mjs FILE [ARGUMENT ...]\n");
  process.exit(64);
}
const digest = setupDigest();
if (!isSetUp(digest)) setUp(digest);
if (!isNewEnough()) {
  runUnderPinnedNode();
} else {
  // The file runs in this very process, as its main module: exit codes and signals are its own.
  process.argv.splice(1, 2, join(root, target));
  Module.runMain();
}
