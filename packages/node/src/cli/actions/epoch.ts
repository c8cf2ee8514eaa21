// `epoch list|show`: how the committee came about, epoch by epoch, as the node tells it.

import { EXIT, NodeError } from "../../errors.ts";
import { type ApiAddressOptions, apiAddressOf } from "../api-read.ts";
import { type StartAnswer, changesText, membersTable, readCommittee, readEpoch } from "../committee-answer.ts";
import { type Output, jsonLine, printable, table } from "../output.ts";

/** Newest ones; each is a question to the node. */
const EPOCHS_LISTED_MAX = 100;

interface EpochOptions extends ApiAddressOptions {
  readonly json?: boolean;
}

export async function listEpochs(options: EpochOptions, output: Output): Promise<number> {
  const address = await apiAddressOf(options);
  const { epoch: current } = await readCommittee(address);
  const epochs: StartAnswer[] = [];
  for (let epoch = Math.max(0, current - EPOCHS_LISTED_MAX + 1); epoch <= current; epoch += 1)
    epochs.push(await readEpoch(address, epoch));
  const rows = epochs.map(({ epoch, base, members, coin, startDigest }) => [
    String(epoch),
    String(base.index + 1),
    String(members.length),
    printable(coin),
    printable(startDigest),
  ]);
  await output.data(
    options.json === true ? jsonLine(epochs) : table([["EPOCH", "FIRST COMMIT", "MEMBERS", "COIN", "START"], ...rows]),
  );
  return EXIT.ok;
}

export async function showEpoch(
  options: EpochOptions & { readonly argument: string },
  output: Output,
): Promise<number> {
  const address = await apiAddressOf(options);
  if (options.argument !== "") {
    if (!/^\d{1,15}$/u.test(options.argument)) throw new NodeError("USAGE", `${options.argument} is no epoch`);
    const start = await readEpoch(address, Number(options.argument));
    await output.data(options.json === true ? jsonLine(start) : epochText(start));
    return EXIT.ok;
  }
  const present = await readCommittee(address);
  await output.data(options.json === true ? jsonLine(present) : `${epochText(present)}${changesText(present)}`);
  return EXIT.ok;
}

function epochText(start: StartAnswer): string {
  const head = table([
    ["epoch", String(start.epoch)],
    ["start", printable(start.startDigest)],
    ["follows", start.base.index === 0 ? "the genesis" : `commit ${start.base.index}`],
    ["coin", printable(start.coin)],
    ["stake", `${start.totalStake}, of which ${start.quorumStake} are a quorum`],
  ]);
  return `${head}${membersTable(start)}`;
}
