// B12 and F63: nodes that begin with nothing, among honest peers and with a liar among them.

import { randomBytes } from "node:crypto";
import { commitIndex, round } from "@selvedge/integrity";
import type { ChainAnswer, ChainRequest } from "@selvedge/node/testing";
import { verify } from "../lib/audit.ts";
import type { Fault } from "../lib/fault.ts";
import { HostileValidator, honestMove } from "../lib/hostile-validator.ts";
import { catchUp, newcomer } from "../lib/observer.ts";
import { percentile } from "../lib/percentile.ts";
import { UNHURRIED } from "../lib/plans.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const HOSTILE = 3;
const AT_ONCE = 5;

export const WIPED: Fault = {
  id: "B12",
  title: "wiped nodes rejoin",
  how: "observers with empty homes join a loaded network, five at a time; each is wiped and joins again, ten times (25 × 10 in full)",
  expected: "every one catches up without an operator's step, and its home verifies",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4, consensus: UNHURRIED } }, async (net) => {
      await net.advance(context.isSample ? 30 : 500, { maxMs: 5 * RECOVERY_MAX_MS });
      const joins = context.count(250, 1);
      const tookMs: number[] = [];
      for (let joined = 0; joined < joins; joined += AT_ONCE) {
        const names = Array.from({ length: Math.min(AT_ONCE, joins - joined) }, (_, index) => `n${index}`);
        await Promise.all(
          names.map(async (name) => {
            const daemon = await newcomer(net, name);
            try {
              checks.expect("C7", await daemon.start(), `${name} does not start: ${daemon.log.slice(-300)}`);
              checks.injections += 1;
              const took = await catchUp(net, daemon, RECOVERY_MAX_MS);
              checks.expect("C4", took !== undefined, `${name} does not catch up: ${(await daemon.status())?.health}`);
              if (took !== undefined) tookMs.push(took);
            } finally {
              await daemon.stop();
            }
            await verify(daemon.place.home, checks);
          }),
        );
      }
      checks.remark(`caught up after ${percentile(tookMs)}`);
    });
  },
};

/** Of the right type and wrong in every way that a type allows. */
function lie(request: ChainRequest): ChainAnswer {
  switch (request.type) {
    case "commits":
      return { type: "commits", commits: Array.from({ length: request.count }, () => randomBytes(200)) };
    case "checkpoint":
      return { type: "checkpoint", certificate: randomBytes(400) };
    case "state":
      return {
        type: "state",
        index: commitIndex(request.index ?? 10 ** 9),
        totalBytes: 2 ** 40,
        bytes: randomBytes(64 * 1024),
      };
    case "newestBlockOf":
      return { type: "newestBlockOf", block: randomBytes(500), highestRoundSeen: round(10 ** 12) };
    case "epochs":
      return { type: "epochs", records: [randomBytes(300)] };
    default:
      throw new Error("a question that this liar does not know");
  }
}

export const LYING_SERVER: Fault = {
  id: "F63",
  title: "a member that lies to those who catch up",
  how: "one of four answers every question about commits, checkpoints, state, newest blocks and epochs with well-typed garbage and serves no block; a newcomer and a restarted member catch up beside it",
  expected: "the lies are found out, other peers are asked; both catch up, and verify",
  run: async (context, checks) => {
    const network = { validators: 4, absent: [HOSTILE] };
    await underLoad({ context, checks, network }, async (net) => {
      let questions = 0;
      const liar = await HostileValidator.start(net, HOSTILE, {
        move: honestMove,
        handler: {
          serveChain: async (_, request) => {
            questions += 1;
            return lie(request);
          },
        },
      });
      try {
        await net.advance(10, { maxMs: RECOVERY_MAX_MS });
        const away = net.daemon(1);
        // With the liar, the other two are no quorum without it: it must follow the rules, and it does.
        await away.stop();
        await net.advance(context.isSample ? 20 : 200, { maxMs: 3 * RECOVERY_MAX_MS, of: [0, 2] });
        await away.start();
        const daemon = await newcomer(net, "n0");
        try {
          checks.expect("C7", await daemon.start(), "the newcomer does not start");
          checks.injections += 1;
          const took = await catchUp(net, daemon, 2 * RECOVERY_MAX_MS);
          checks.expect("C4", took !== undefined, `the newcomer does not catch up: ${(await daemon.status())?.health}`);
        } finally {
          await daemon.stop();
        }
        await verify(daemon.place.home, checks);
        const isBack = (await net.reach(await net.newest(), { maxMs: RECOVERY_MAX_MS })) !== undefined;
        checks.expect("C4", isBack, "the restarted member does not catch up");
        checks.injections += questions;
        checks.remark(`${questions} questions answered with lies`);
      } finally {
        await liar.stop();
      }
    });
  },
};
