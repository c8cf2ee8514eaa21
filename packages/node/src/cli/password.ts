// Where a command gets a key's password from: a file, or a prompt that does not echo. Never argv, never the environment.

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { fromUserFolder } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { readPasswordFile } from "../keys/keystore.ts";

export async function passwordFrom(file: string | undefined, { isNew }: { readonly isNew: boolean }): Promise<string> {
  if (file !== undefined) return readPasswordFile(fromUserFolder(file, process.env));
  if (!process.stdin.isTTY)
    throw new NodeError("USAGE", "give --password-file, or run at a terminal to be asked for the password");
  const password = await ask("password: ");
  if (password.length === 0) throw new NodeError("USAGE", "the password is empty");
  if (isNew && (await ask("again: ")) !== password) throw new NodeError("USAGE", "the two passwords differ");
  return password;
}

function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve) => {
    // Ctrl-C and Ctrl-D close without a line, which is an empty password: refused by the caller.
    reader.once("close", () => resolve(""));
    reader.once("line", (line) => {
      resolve(line);
      reader.close();
      process.stderr.write("\n");
    });
  });
}
