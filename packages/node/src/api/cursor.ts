// Cursors of paged lists: what the next page starts with, under a MAC with a key of this process. Clients cannot make
// one up, and one from before a restart is refused like a forged one: the list is then asked for anew.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Result, err, ok } from "@selvedge/integrity";
import { type Refusal, badRequest } from "./problem.ts";

const MAC_SIZE_BYTES = 16;
const CURSOR_MAX_CHARS = 512;
const BASE64URL = /^[A-Za-z0-9_-]+$/u;

export class CursorSealer {
  readonly #key: Uint8Array = randomBytes(32);

  /** `list` names what is paged, so that a cursor of one list is none of another. */
  seal(list: string, position: number): string {
    const text = Buffer.from(String(position), "utf8");
    return Buffer.concat([this.#macOf(list, text), text]).toString("base64url");
  }

  open(list: string, cursor: string): Result<number, Refusal> {
    const invalid = err(badRequest("CURSOR_INVALID", "not a cursor of this list and process; start anew"));
    if (cursor.length > CURSOR_MAX_CHARS || !BASE64URL.test(cursor)) return invalid;
    const bytes = Buffer.from(cursor, "base64url");
    if (bytes.length <= MAC_SIZE_BYTES) return invalid;
    const text = bytes.subarray(MAC_SIZE_BYTES);
    const isOurs = timingSafeEqual(bytes.subarray(0, MAC_SIZE_BYTES), this.#macOf(list, text));
    return isOurs ? ok(Number(text.toString("utf8"))) : invalid;
  }

  #macOf(list: string, text: Uint8Array): Uint8Array {
    return createHmac("sha256", this.#key).update(`${list}\u0000`).update(text).digest().subarray(0, MAC_SIZE_BYTES);
  }
}
