// The first thing that does not hold, as an error: it carries its subject apart from the sentence, for JSON and tests.

import { type Rejection, StoreError } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";

export class FindingError extends NodeError {
  /** The broken thing: "commit 7", "block … of commit 7", "version 3 weights chunk 0". */
  readonly subject: string;
  /** Code of the finding; the error's own is VERIFY_FAILED. */
  readonly finding: string;
  readonly detail: string;

  constructor(subject: string, { code, detail }: Pick<Rejection, "code" | "detail">) {
    super("VERIFY_FAILED", `${subject}: ${detail} [${code}]`);
    this.subject = subject;
    this.finding = code;
    this.detail = detail;
  }
}

/** Runs a read of the subject; damage that the stores report becomes a finding about it. */
export async function readingOf<Value>(subject: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FindingError) throw error;
    const isDamage =
      (error instanceof StoreError && error.code === "STORE_CORRUPT") ||
      (error instanceof NodeError && error.code === "DATA_CORRUPT");
    if (!isDamage) throw error;
    throw new FindingError(subject, { code: "RECORD_DAMAGED", detail: error.message });
  }
}
