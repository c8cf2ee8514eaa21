// Pulls for a check: as many as payloads and not as headers, few of a holder's at one time, and no holder in another's way.

import { setImmediate as turn } from "node:timers/promises";
import { type ValidatorIndex, ok, validatorIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { CheckPulls } from "../../src/payload/check-pulls.ts";
import type { PayloadVerdict } from "../../src/payload/payload-verdict.ts";

const [ALICE, BOB] = [validatorIndex(1), validatorIndex(2)];

/** Pulls that are never served, with what came of them. */
class Hanging {
  readonly pulls = new CheckPulls<string>();
  readonly begun: string[] = [];
  readonly verdicts: Promise<PayloadVerdict>[] = [];

  pull(key: string, holder: ValidatorIndex): void {
    const verdict = this.pulls.run(key, holder, async (arrived, turns) =>
      turns.run(async () => {
        this.begun.push(`${holder} ${key}`);
        await new Promise((resolve) => arrived.addEventListener("abort", resolve));
        return ok(7);
      }),
    );
    this.verdicts.push(verdict);
  }
}

describe("payloads that are pulled for a check", () => {
  it("are pulled once however many headers name them, and all of those get the verdict", async () => {
    const hanging = new Hanging();
    for (let header = 0; header < 3000; header += 1) hanging.pull("same", ALICE);
    await turn();
    expect(hanging.begun).toEqual(["1 same"]);
    hanging.pulls.end("same");
    expect(new Set(await Promise.all(hanging.verdicts))).toEqual(new Set([ok(7)]));
    hanging.pull("same", ALICE);
    await turn();
    expect(hanging.begun).toHaveLength(2);
  });

  it("are in memory two at a time of each holder, whatever another one keeps us from", async () => {
    const hanging = new Hanging();
    for (let payload = 0; payload < 100; payload += 1) hanging.pull(`${payload}`, ALICE);
    hanging.pull("99", BOB);
    await turn();
    expect(hanging.begun).toEqual(["1 0", "1 1", "2 99"]);
    hanging.pulls.end("1");
    await turn();
    expect(hanging.begun.slice(3)).toEqual(["1 2"]);
  });

  it("are refused beyond 1024 of a holder, and of that holder alone", async () => {
    const hanging = new Hanging();
    for (let payload = 0; payload < 1025; payload += 1) hanging.pull(`${payload}`, ALICE);
    expect(await hanging.verdicts[1024]).toMatchObject({ ok: false, error: { code: "PAYLOAD_PULLS_FULL" } });
    hanging.pull("1024", BOB);
    await turn();
    expect(hanging.begun).toContain("2 1024");
  });

  it("end for every holder that was asked once the payload is here", async () => {
    const hanging = new Hanging();
    hanging.pull("both", ALICE);
    hanging.pull("both", BOB);
    await turn();
    hanging.pulls.end("both");
    expect(await Promise.all(hanging.verdicts)).toEqual([ok(7), ok(7)]);
  });
});
