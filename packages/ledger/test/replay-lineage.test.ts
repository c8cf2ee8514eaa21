// Replay of a lineage: a sound one holds; every damaged sibling fails with the code of what was damaged.

import { type SealedVersionRecord, type VersionRecord, sealVersionRecord, versionNumber } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type ReplayStep, auditReplay, createLedger } from "../src/index.ts";
import { LedgerScenario, ackBlocks } from "../src/testing/index.ts";
import { replaySteps } from "./replay-steps.ts";

function lineage() {
  const scenario = new LedgerScenario({ policies: [{ bufferSize: 2, maxStaleness: 2 }] });
  const ledger = createLedger(scenario.options);
  const model = scenario.model();
  const steps: ReplayStep[] = [];
  for (let sequence = 1; sequence <= 4; sequence += 1) {
    const bases = [...ledger.versions(model.id)].map(({ digest }) => digest);
    const updates = [0, 1].map((device) => {
      const base = bases.at(device === 0 ? -1 : Math.max(-2, -bases.length));
      return scenario.update({ device, sequence, values: [sequence, device, 0.1, 0, 1], ...(base && { base }) });
    });
    const acks = updates
      .map(({ digest }) => ({ update: digest, score: null }))
      .toSorted((left, right) => (left.update < right.update ? -1 : 1));
    scenario.execute(ledger, scenario.commit([{ author: 0, updates }, ...ackBlocks([0, 1, 2], acks)]));
    const record = ledger.model(model.id)?.current;
    if (record === undefined) throw new Error("the model is there");
    steps.push({
      record,
      updates: record.record.updates.map(({ update: digest }) => {
        const update = updates.find((candidate) => candidate.digest === digest);
        const payload = update && scenario.blobs.get(update.header.payloadRoot);
        if (update === undefined || payload === undefined) throw new Error("it was just made");
        return { update, payload };
      }),
    });
  }
  const options = { sha256: scenario.sha256, model, chunkBytes: scenario.genesis.params.payloadChunkBytes };
  return { scenario, steps, options };
}

describe("replaying a lineage", () => {
  const { scenario, steps, options } = lineage();
  const codeOf = (damaged: readonly ReplayStep[], weights = scenario.genesisWeights) => {
    const result = replaySteps(options, weights, damaged);
    return result.ok ? "HOLDS" : result.error.code;
  };
  const [first, second] = steps;
  if (first === undefined || second === undefined) throw new Error("four steps");
  const resealed = (step: ReplayStep, change: Partial<VersionRecord>): ReplayStep => ({
    ...step,
    record: sealVersionRecord({ ...step.record.record, ...change }, scenario.sha256),
  });

  it("a sound lineage holds, stale updates included", () => {
    expect(codeOf(steps)).toBe("HOLDS");
    expect(steps.flatMap(({ record }) => record.record.updates.map(({ weight }) => weight))).toContain(463_409);
  });

  it("damaged siblings fail with the code of what was damaged", () => {
    const [one, two] = second.record.record.updates;
    if (one === undefined || two === undefined) throw new Error("two updates");
    const cases: readonly (readonly [string, readonly ReplayStep[]])[] = [
      ["LINEAGE_VERSION", [second]],
      ["LINEAGE_VERSION", [first, resealed(second, { version: versionNumber(3) })]],
      ["LINEAGE_PARENT", [first, resealed(second, { parent: second.record.digest })]],
      ["LINEAGE_MODEL", [first, resealed(second, { modelId: "model-z" as never })]],
      ["LINEAGE_AGGREGATOR_MISMATCH", [resealed(first, { aggregator: { name: "coordinate-median", clip: "none" } })]],
      ["LINEAGE_COMMIT", [first, resealed(second, { commitIndex: first.record.record.commitIndex })]],
      ["LINEAGE_UPDATE_MISMATCH", [first, { ...second, updates: [...second.updates, ...first.updates] }]],
      ["LINEAGE_UPDATE_MISMATCH", [first, { ...second, updates: second.updates.toReversed() }]],
      ["LINEAGE_UPDATE_MISMATCH", [first, { ...second, updates: first.updates }]],
      ["LINEAGE_WEIGHT_MISMATCH", [first, resealed(second, { updates: [{ ...one, weight: one.weight + 1 }, two] })]],
      ["LINEAGE_WEIGHTS_MISMATCH", [first, resealed(second, { weightsRoot: first.record.record.weightsRoot })]],
      ["LINEAGE_WEIGHTS_MISMATCH", [resealed(first, { weightsBytes: 1 })]],
      ["LINEAGE_METRICS_MISMATCH", [resealed(first, { metrics: [] })]],
      ["LINEAGE_METRICS_MISMATCH", [resealed(first, { metrics: [{ name: "updates-clipped", value: 5 }] })]],
      [
        "AGGREGATION_PAYLOAD_MISMATCH",
        [
          {
            ...first,
            updates: first.updates.map((given) => ({
              ...given,
              payload: given.payload.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
            })),
          },
        ],
      ],
    ];
    for (const [code, damaged] of cases) expect(codeOf(damaged)).toBe(code);
  });

  it("weights that are not the genesis' are refused at once", () => {
    expect(codeOf(steps, scenario.genesisWeights.slice(1))).toBe("LINEAGE_GENESIS_WEIGHTS");
  });

  it("a base out of the policy's reach is refused", () => {
    const strict = { ...options, model: { ...options.model, policy: { ...options.model.policy, maxStaleness: 0 } } };
    const result = replaySteps(strict, scenario.genesisWeights, steps);
    // Another policy gives the same genesis record, so the first stale update is what fails.
    expect(result).toMatchObject({ ok: false, error: { code: "LINEAGE_BASE_MISMATCH" } });
  });

  it("keeps of the records those that an update may still have as its base", () => {
    const result = replaySteps(options, scenario.genesisWeights, steps);
    if (!result.ok) throw new Error(result.error.detail);
    // The newest is a base without staleness.
    expect(result.value.records).toEqual(
      steps.slice(-1 - options.model.policy.maxStaleness).map(({ record }) => record),
    );
  });

  it("the audit's callback gives the weights of a record, or says why not", async () => {
    const replay = auditReplay(options);
    const job = { record: first.record.record, previousWeights: scenario.genesisWeights, updates: first.updates };
    const weights = scenario.blobs.get(first.record.record.weightsRoot);
    expect(await replay(job)).toEqual({ ok: true, value: weights });
    expect(await replay({ ...job, updates: [] })).toMatchObject({ error: { code: "LINEAGE_UPDATE_MISMATCH" } });
  });

  it("a sealed record is not believed beyond its content", () => {
    const sealed: SealedVersionRecord = { ...second.record, digest: first.record.digest };
    expect(codeOf([first, { ...second, record: sealed }, ...steps.slice(2)])).toBe("LINEAGE_PARENT");
  });
});
