// The password that opens the key of a home: of the file that the configuration names, else of the home's own. The latter
// is named nowhere, so that a home may be moved.

import type { HomePaths } from "../config/home.ts";
import type { NodeConfig } from "../config/schema.ts";
import { NodeError } from "../errors.ts";
import { readPasswordFile } from "./keystore.ts";

export async function readHomePassword(
  { password }: Pick<HomePaths, "password">,
  { keys }: Pick<NodeConfig, "keys">,
): Promise<string> {
  if (keys.password_file !== "") return readPasswordFile(keys.password_file);
  try {
    return await readPasswordFile(password);
  } catch (cause) {
    if (!(cause instanceof NodeError) || cause.code !== "KEY_MISSING") throw cause;
    const message = `keys.password_file of config.toml names no password file, and there is no ${password}`;
    throw new NodeError("KEY_MISSING", message, { cause });
  }
}
