// `safety show|export|import|recover`: the record of what a stopped validator signed last.

import type { SafetyRecord } from "@selvedge/consensus";
import { fromUserFolder } from "../../config/home.ts";
import { isThere } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { PORTABLE_SAFETY_MAX_BYTES, portableFromText, portableText } from "../../safety/portable-record.ts";
import { UNKNOWN_DIGEST } from "../../safety/safety-check.ts";
import { type StoppedSafety, importSafety, readStoppedSafety, recoverSafety } from "../../safety/stopped-safety.ts";
import { readTextIfThere, writeFileAtomically } from "../../storage/files.ts";
import { homeOf } from "../context.ts";
import { type Output, jsonLine, table } from "../output.ts";

export interface SafetyOptions {
  readonly home?: string;
  readonly json?: boolean;
}

export async function showSafety(options: SafetyOptions, output: Output): Promise<number> {
  const safety = await readStoppedSafety(homeOf(options));
  await output.data(options.json === true ? jsonLine({ ...safety }) : safetyText(safety, []));
  return EXIT.ok;
}

export async function exportSafety(
  options: SafetyOptions & { readonly argument: string },
  output: Output,
): Promise<number> {
  const path = fromUserFolder(options.argument, process.env);
  if (await isThere(path)) throw new NodeError("HOME_EXISTS", `${path} exists; refusing to overwrite it`);
  const { chainId, publicKey, last } = await readStoppedSafety(homeOf(options));
  const records = last === null ? [] : [{ publicKey, last }];
  await writeFileAtomically(path, portableText({ chainId, records }), 0o600);
  const safety = { chainId, publicKey, last };
  await output.data(options.json === true ? jsonLine({ file: path, ...safety }) : safetyText(safety, [["file", path]]));
  return EXIT.ok;
}

export async function importSafetyFile(
  options: SafetyOptions & { readonly argument: string },
  output: Output,
): Promise<number> {
  const path = fromUserFolder(options.argument, process.env);
  const text = await readTextIfThere(path, PORTABLE_SAFETY_MAX_BYTES);
  if (text === undefined) throw new NodeError("USAGE", `there is no file ${path}`);
  const imported = await importSafety(homeOf(options), portableFromText(text, path));
  const outcome = imported.isRaised ? "raised to the import's" : "as high as the import's already";
  await output.data(options.json === true ? jsonLine({ ...imported }) : safetyText(imported, [["record", outcome]]));
  return EXIT.ok;
}

export interface SafetyRecoverOptions extends SafetyOptions {
  readonly startAnew?: boolean;
}

export async function recoverSafetyFile(options: SafetyRecoverOptions, output: Output): Promise<number> {
  if (options.startAnew !== true) {
    throw new NodeError(
      "USAGE",
      "without its record a validator signs nothing until the others have told it what it signed, and acks no updates for the rest of the epoch; no other node may run with its key meanwhile. Say --start-anew if that is what you want",
    );
  }
  const safety = await recoverSafety(homeOf(options));
  const kept = safety.keptAt === null ? [] : [["damaged file", `kept as ${safety.keptAt}`] as const];
  await output.data(options.json === true ? jsonLine({ ...safety }) : safetyText(safety, kept));
  return EXIT.ok;
}

function safetyText({ chainId, publicKey, last }: StoppedSafety, more: readonly (readonly [string, string])[]): string {
  return table([["chain", chainId], ["key", publicKey], ["last signed", lastText(last)], ...more]);
}

function lastText(last: SafetyRecord | null): string {
  if (last === null) return "nothing yet";
  const where = `epoch ${last.epoch}, round ${last.round}`;
  return last.digest === UNKNOWN_DIGEST
    ? `not known, ${where} at least: recovers at the next start`
    : `${where}, block ${last.digest}`;
}
