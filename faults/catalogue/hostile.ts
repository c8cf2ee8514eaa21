// G5: one of four members is hostile, with its real keys. Whatever it does, the other three stay on one chain, go on
// committing, hold their memory, and accuse nobody else.

import { randomBytes } from "node:crypto";
import {
  type BlockDraft,
  type BlockRef,
  type CommitDigest,
  type UpdateDigest,
  commitIndex,
  digestFromBytes,
  epoch,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import type { Fault } from "../lib/fault.ts";
import { HOSTILE, type Villainy, hostileFault } from "../lib/hostile-fault.ts";
import { type HostileMove, type HostileTurn, type Tactic, honestMove } from "../lib/hostile-validator.ts";
import { malleable } from "../lib/malleable.ts";
import { WITHHELD } from "./withheld.ts";

const HONEST = [0, 1, 2];

function phantom(inRound: number, author: number): BlockRef {
  return { round: round(inRound), author: validatorIndex(author), digest: digestFromBytes(randomBytes(32)) };
}

function withHeader(draft: BlockDraft, header: Partial<BlockDraft["header"]>): BlockDraft {
  return { ...draft, header: { ...draft.header, ...header } };
}

/** The honest block, and more bytes for everybody. */
function andAlso(turn: HostileTurn, drafts: readonly BlockDraft[]): HostileMove {
  const { own, sendings } = honestMove(turn);
  const extra = drafts.map((draft) => ({ bytes: turn.sign(draft).bytes, to: turn.others }));
  return { own, sendings: [...sendings, ...extra] };
}

/** A well-formed block of that round on parents that nobody has. */
function orphan({ draft, genesis }: HostileTurn, inRound: number): BlockDraft {
  const parents = [HOSTILE, ...HONEST].map((author) => phantom(inRound - 1, author));
  const isDue =
    (inRound - genesis.params.firstCoinRound - genesis.params.coinWave + 1) % genesis.params.coinPeriod === 0;
  const coinShare = isDue ? { points: [randomBytes(32)], proof: randomBytes(64) } : null;
  return withHeader(draft, { round: round(inRound), parents, coinShare });
}

/** Two blocks in every round, with a split audience. */
export function equivocation(): Tactic {
  return {
    move: (turn) => {
      const own = turn.sign(turn.draft);
      const twin = turn.sign(withHeader(turn.draft, { timestampMs: turn.draft.header.timestampMs + 1 }));
      const [first, ...rest] = turn.others;
      return {
        own,
        sendings: [
          { bytes: own.bytes, to: [mustExist(first, "somebody")] },
          { bytes: twin.bytes, to: rest },
        ],
      };
    },
  };
}

const VILLAINIES: readonly Villainy[] = [
  {
    id: "F51",
    isQuick: true,
    title: "equivocation with split audience",
    how: "two blocks in every round, one for v0, the other for v1 and v2; both served to whoever asks",
    expected: "one chain; the equivocator is named; commits go on",
    equivocates: true,
    reported: "equivocation",
    tactic: equivocation,
  },
  {
    id: "F53",
    title: "acks of what nobody has, again and again",
    how: "every block acks the same unknown updates, and many others that do not exist",
    expected: "counted once each; nothing is certified; commits go on",
    tactic: () => {
      const same = digestFromBytes<UpdateDigest>(randomBytes(32));
      return {
        move: (turn) => {
          const digests = [same, ...Array.from({ length: 200 }, () => digestFromBytes<UpdateDigest>(randomBytes(32)))];
          const sorted = digests.toSorted((left, right) => (left < right ? -1 : 1));
          const acks = sorted.map((update) => ({ update, score: null }));
          return honestMove({ ...turn, draft: { ...turn.draft, body: { ...turn.draft.body, acks } } });
        },
      };
    },
    judge: async (net, checks) => {
      for (const daemon of net.daemons) {
        const certified = await daemon.metric("selvedge_receipts_total");
        checks.expect("C11", certified === 0, `${daemon.place.name} has ${certified} receipts for phantoms`);
      }
    },
  },
  {
    id: "F54",
    title: "garbage coin shares",
    how: "shares that are no point, the identity, or another coin's; proofs at random",
    expected:
      "rejected before they are combined; coins open from the others' (a share is looked at only where a coin is consulted)",
    tactic: () => {
      let kind = 0;
      return {
        move: (turn) => {
          const share = turn.draft.header.coinShare;
          if (share === null) return honestMove(turn);
          kind += 1;
          const points = [kind % 3 === 0 ? new Uint8Array(32) : kind % 3 === 1 ? randomBytes(32) : share.points[0]];
          const coinShare = { points: points.map((point) => mustExist(point, "a point")), proof: randomBytes(64) };
          return honestMove({ ...turn, draft: withHeader(turn.draft, { coinShare }) });
        },
      };
    },
  },
  {
    id: "F55",
    title: "coin share withheld",
    how: "follows the rules up to the first round with a share, then never makes a block again but stays connected",
    expected: "coins open from the others' shares",
    tactic: () => ({
      move: (turn) => (turn.draft.header.coinShare === null ? honestMove(turn) : { own: null, sendings: [] }),
    }),
  },
  {
    id: "F57",
    title: "epochs and rounds out of range",
    how: "beside each honest block: of epoch 1 and 2^40, of rounds far ahead up to 2^53 − 1, correctly signed",
    expected: "dropped or parked within bounds; memory bounded",
    tactic: () => ({
      move: (turn) => {
        const now = turn.draft.header.round;
        return andAlso(turn, [
          withHeader(turn.draft, { epoch: epoch(1) }),
          withHeader(turn.draft, { epoch: epoch(2 ** 40) }),
          orphan(turn, now + 1000),
          orphan(turn, 2 ** 40),
          orphan(turn, Number.MAX_SAFE_INTEGER),
        ]);
      },
    }),
  },
  {
    id: "F58",
    isQuick: true,
    title: "forged votes",
    how: "each block votes for other digests of real commits and of commit 10^12, with checkpoint votes signed at random and for other roots",
    expected: "no certificate forms from them, nothing throws, no false divergence",
    tactic: () => ({
      move: (turn) => {
        const now = turn.draft.header.round;
        const commitVotes = [1, Math.max(2, now >> 1), 10 ** 12].map((index) => ({
          index: commitIndex(index),
          digest: digestFromBytes<CommitDigest>(randomBytes(32)),
        }));
        const checkpointVotes = Array.from({ length: 16 }, (_, offset) => ({
          index: commitIndex(now + offset),
          stateRoot: digestFromBytes(randomBytes(32)),
          signature: randomBytes(64),
        }));
        return honestMove({ ...turn, draft: withHeader(turn.draft, { commitVotes, checkpointVotes }) });
      },
    }),
  },
  {
    id: "F59",
    title: "flood of orphans",
    how: "beside each honest block, 40 signed blocks on parents that nobody has, in rounds around the newest",
    expected: "the pool of parked blocks stays within its bound; commits go on",
    equivocates: true,
    tactic: () => ({
      move: (turn) => {
        const now = turn.draft.header.round;
        return andAlso(
          turn,
          Array.from({ length: 40 }, (_, offset) => orphan(turn, now + 2 + offset)),
        );
      },
    }),
    judge: async (net, checks) => {
      for (const daemon of net.daemons) {
        const parked = (await daemon.status())?.engine.parkedCount ?? 0;
        checks.expect("C5", parked <= 4096, `${daemon.place.name} has ${parked} parked blocks`);
      }
    },
  },
  {
    id: "F62",
    title: "fake heights",
    how: "votes for commit 10^12 and orphans of rounds far ahead, then an ordinary life",
    expected: "nobody believes in a height without a quorum; nobody stays in syncing",
    tactic: () => {
      let lies = 0;
      return {
        move: (turn) => {
          lies += 1;
          if (lies > 50) return honestMove(turn);
          const commitVotes = [
            { index: commitIndex(10 ** 12 - lies), digest: digestFromBytes<CommitDigest>(randomBytes(32)) },
          ];
          const draft = withHeader(turn.draft, { commitVotes });
          return andAlso({ ...turn, draft }, [orphan(turn, turn.draft.header.round + 100)]);
        },
      };
    },
    judge: async (net, checks) => {
      for (const daemon of net.daemons) {
        const status = await daemon.status();
        checks.expect("C4", status?.state === "healthy", `${daemon.place.name} is ${status?.state}: ${status?.health}`);
      }
    },
  },
  {
    id: "F66",
    title: "censorship by f",
    how: "never builds on a block of v0 unless a quorum needs it",
    expected: "what v0 was given is committed all the same (the load's transactions to v0)",
    tactic: () => ({ move: honestMove, ignores: validatorIndex(0) }),
  },
  {
    id: "F68",
    title: "malleable signatures",
    how: "each block goes to v1 and v2 also with S + L in the place of S, with the same digest",
    expected: "refused by everybody alike (the rule's vectors are tests of packages/integrity)",
    tactic: () => ({
      move: (turn) => {
        const { own, sendings } = honestMove(turn);
        if (own === null) return { own, sendings };
        return { own, sendings: [{ bytes: malleable(own), to: turn.others.slice(1) }, ...sendings] };
      },
    }),
    judge: async (net, checks) => {
      const refused = await net.daemon(1).metric("selvedge_blocks_refused_total");
      checks.expect("C1", refused > 0, "no malleable block was refused");
    },
  },
  {
    id: "F47",
    title: "slow reader",
    how: "takes blocks off its connections and never comes back for more, while it is sent 200 KiB/s",
    expected: "queues for it stay within their bound; the others' memory too; it is disconnected or starved",
    tactic: () => ({
      move: () => ({ own: null, sendings: [] }),
      handler: { onBlocks: () => new Promise<void>(() => undefined) },
    }),
    judge: async (net, checks) => {
      for (const daemon of net.daemons) {
        const status = await daemon.status();
        const queued = status?.peers.find(({ remote }) => remote.index === HOSTILE)?.queuedBytes ?? 0;
        checks.expect("C5", queued <= 12 * 2 ** 20, `${daemon.place.name} has ${queued} bytes queued for it`);
      }
    },
  },
];

export const HOSTILE_MEMBERS: readonly Fault[] = [...VILLAINIES, WITHHELD].map(hostileFault);
