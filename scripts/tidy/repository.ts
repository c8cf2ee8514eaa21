// What tidy looks at: the files that are, or are about to be, in version control. Read once, handed to the pure checks.

import { spawnSync } from "node:child_process";
import { type Dirent, existsSync, globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A thing that is not tidy, said so that it can be found. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A text file of the repository, its path relative to the root with forward slashes. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Everything in version control; `text` is absent where the bytes are not UTF-8 text. */
export interface RepositoryFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly text: string | undefined;
}

/** Tracked files and new ones that no ignore rule covers. */
export function readRepository(root: string): readonly RepositoryFile[] {
  const paths = (trackedPaths(root) ?? foundPaths(root)).filter((path) => existsSync(join(root, path)));
  return paths.map((path) => {
    const bytes = readFileSync(join(root, path));
    return { path, sizeBytes: bytes.length, text: textOf(bytes) };
  });
}

function trackedPaths(root: string): readonly string[] | undefined {
  const command = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const listed = spawnSync("git", command, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return listed.status === 0 ? [...new Set(listed.stdout.split("\0"))].filter((path) => path !== "") : undefined;
}

/** The same for a copy without version control: everything but what is installed or made. */
function foundPaths(root: string): readonly string[] {
  const made = new Set(["node_modules", "dist", "coverage", "reports", ".git", "selvedge-demo"]);
  const options = { cwd: root, withFileTypes: true, exclude: ({ name }: Dirent) => made.has(name) } as const;
  const entries = globSync("**/*", options).filter((entry) => entry.isFile() && !entry.name.endsWith(".tsbuildinfo"));
  return entries.map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

export function textFiles(files: readonly RepositoryFile[]): readonly TextFile[] {
  return files.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]));
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
