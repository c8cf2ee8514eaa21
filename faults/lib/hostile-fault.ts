// The frame of the faults with a hostile member: one of four, beside three daemons under load, and what must hold of the
// honest ones whatever it does.

import type { Checks, Fault } from "./fault.ts";
import { HostileValidator, type Tactic } from "./hostile-validator.ts";
import type { FaultNetwork } from "./network.ts";
import { RECOVERY_MAX_MS, underLoad } from "./under-load.ts";

/** Its place in the committee. */
export const HOSTILE = 3;
const RSS_MAX_BYTES = 512 * 2 ** 20;
/** Commits of the honest ones under attack: past several coins. */
const COMMITS = 60;

/** A tactic that knows by itself what must not have come of it. */
type JudgedTactic = Tactic & { readonly judge?: (checks: Checks) => Promise<void> };

export interface Villainy extends Omit<Fault, "run"> {
  readonly tactic: (net: FaultNetwork) => JudgedTactic | Promise<JudgedTactic>;
  /** What more must hold, while the attack goes on. */
  readonly judge?: (net: FaultNetwork, checks: Checks, hostile: HostileValidator) => Promise<void>;
  /** Metrics label of the fault that the honest ones report. */
  readonly reported?: string;
  readonly equivocates?: boolean;
  readonly devices?: number;
}

export function hostileFault(villainy: Villainy): Fault {
  return {
    id: villainy.id,
    title: villainy.title,
    how: `${villainy.how}; a hostile process with the fourth member's real keys, over our own transport`,
    expected: villainy.expected,
    isQuick: villainy.isQuick === true,
    run: async (context, checks) => {
      const network = { validators: 4, devices: villainy.devices ?? 0, absent: [HOSTILE] };
      const hostile = villainy.equivocates === true ? [HOSTILE] : [];
      await underLoad({ context, checks, network, hostile, bytes: 2048 }, async (net) => {
        const tactic = await villainy.tactic(net);
        const villain = await HostileValidator.start(net, HOSTILE, tactic);
        try {
          const isLive = await net.advance(context.isSample ? 25 : COMMITS, { maxMs: 2 * RECOVERY_MAX_MS });
          checks.expect("C4", isLive, "the honest ones stopped");
          checks.injections += villain.rounds;
          await judgeHonest(villainy, net, checks);
          await villainy.judge?.(net, checks, villain);
          await tactic.judge?.(checks);
        } finally {
          await villain.stop();
        }
      });
    },
  };
}

async function judgeHonest({ reported }: Villainy, net: FaultNetwork, checks: Checks): Promise<void> {
  for (const daemon of net.daemons) {
    const { name } = daemon.place;
    const status = await daemon.status();
    checks.expect("C7", status !== undefined, `${name} does not answer: ${JSON.stringify(daemon.lastEnd ?? null)}`);
    checks.expect("C5", daemon.rssBytes() < RSS_MAX_BYTES, `${name} has ${daemon.rssBytes()} bytes resident`);
    for (const { remote, penalty } of status?.peers ?? []) {
      if (remote.index === HOSTILE) continue;
      checks.expect("C8", penalty === 0, `${name} accuses honest validator ${remote.index}`);
    }
    const accused = status?.engine.equivocators.filter((index) => index !== HOSTILE) ?? [];
    checks.expect("C8", accused.length === 0, `${name} takes ${accused.join(", ")} for equivocators`);
  }
  if (reported === undefined) return;
  const counts = await Promise.all(
    net.daemons.map((daemon) => daemon.metric("selvedge_faults_total", `type="${reported}"`)),
  );
  checks.expect(
    "C8",
    counts.some((count) => count > 0),
    `nobody reported ${reported}`,
  );
}
