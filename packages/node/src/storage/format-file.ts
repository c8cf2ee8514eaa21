// HOME/data/FORMAT: the layout of the data folder, the chain that it holds and the node whose data it is.

import { NodeError } from "../errors.ts";
import { readCheckedFile, writeCheckedFile } from "./checked-file.ts";
import { readTextIfThere } from "./files.ts";

/** Another layout is refused (exit 76). */
const DATA_FORMAT = "selvedge-data/2";
const FILE_MAX_BYTES = 4096;
const ANY_LAYOUT = /^selvedge-data\/\d+$/u;
/** A node that changed its key was known by others before. */
const NODES_LINE = /^nodes(?<keys>( [0-9a-f]{64}){0,8})$/u;
export const NODE_KEYS_MAX = 8;

export interface DataFormat {
  readonly chainId: string;
  /** Public keys of the node, newest last; none before its first start. */
  readonly nodes: readonly string[];
}

export async function writeFormat(path: string, { chainId, nodes }: DataFormat): Promise<void> {
  await writeCheckedFile(path, `${DATA_FORMAT}\n${chainId}\n${["nodes", ...nodes].join(" ")}\n`, 0o640);
}

/** Undefined if there is none; WRONG_CHAIN for a layout of another version, DATA_CORRUPT if the file does not hold. */
export async function readFormat(path: string): Promise<DataFormat | undefined> {
  await refuseOtherLayout(path);
  const text = await readCheckedFile(path, FILE_MAX_BYTES);
  if (text === undefined) return undefined;
  const [, chainId = "", nodesLine = ""] = text.split("\n");
  const keys = NODES_LINE.exec(nodesLine)?.groups?.["keys"];
  if (keys === undefined) throw new NodeError("DATA_CORRUPT", `${path} does not name its node`);
  return { chainId, nodes: keys.split(" ").filter((key) => key !== "") };
}

/** Before the checksum: what else another version writes is not known here. */
async function refuseOtherLayout(path: string): Promise<void> {
  const [layout = ""] = ((await readTextIfThere(path, FILE_MAX_BYTES)) ?? DATA_FORMAT).split("\n");
  if (layout !== DATA_FORMAT && ANY_LAYOUT.test(layout))
    throw new NodeError("WRONG_CHAIN", `${path} says data format ${layout}; this version reads ${DATA_FORMAT}`);
}
