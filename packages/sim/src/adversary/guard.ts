// Stands between the world and an adversary that is not ours: whatever it throws, and whatever it answers or asks for that
// makes no sense, ends the run with SIM_ADVERSARY_FAILED. A run that such an adversary had corrupted would have told lies.

import { AdversaryError } from "./adversary-error.ts";
import { isAmount, isEmission, isNode, isVerdict, shown } from "./adversary-shape.ts";
import type { Adversary, AdversaryWorld, Emission, MessageView } from "./adversary.ts";
import type { BlockDraftFields } from "./block-draft.ts";

export function guarded(adversary: Adversary): Adversary {
  const guard = new Guard(adversary.name);
  const { start, onMessage, onEmit, onReceive } = adversary;
  // A method keeps its `this`: users write classes.
  return {
    name: adversary.name,
    power: adversary.power,
    ...(adversary.budget && { budget: adversary.budget }),
    ...(adversary.nodes && { nodes: adversary.nodes }),
    ...(start && {
      start: (world: AdversaryWorld) => {
        const answer: unknown = guard.run("start", () => start.call(adversary, guard.world(world)));
        if (answer !== undefined) throw guard.nonsense("start", answer, "nothing");
      },
    }),
    ...(onMessage && {
      onMessage: (message: MessageView, world: AdversaryWorld) => {
        const answer: unknown = guard.run("onMessage", () => onMessage.call(adversary, message, guard.world(world)));
        if (answer === undefined || isVerdict(answer)) return answer;
        throw guard.nonsense(
          "onMessage",
          answer,
          'undefined or { type: "deliver" | "delay" (with ms ≥ 0) | "hold" | "drop" }',
        );
      },
    }),
    ...(onEmit && {
      onEmit: (node: number, emission: Emission, world: AdversaryWorld) => {
        const answer: unknown = guard.run("onEmit", () => onEmit.call(adversary, node, emission, guard.world(world)));
        return answer === undefined ? undefined : guard.emissions(answer, world.size);
      },
    }),
    ...(onReceive && {
      onReceive: (node: number, message: MessageView, world: AdversaryWorld) => {
        const answer: unknown = guard.run("onReceive", () =>
          onReceive.call(adversary, node, message, guard.world(world)),
        );
        if (answer === undefined || typeof answer === "boolean") return answer;
        throw guard.nonsense("onReceive", answer, "undefined, true or false");
      },
    }),
  };
}

class Guard {
  readonly #name: string;
  readonly #worlds = new WeakMap<AdversaryWorld, AdversaryWorld>();

  constructor(name: string) {
    this.#name = name;
  }

  run<Answer>(where: string, hook: () => Answer): Answer {
    try {
      return hook();
    } catch (cause) {
      if (cause instanceof AdversaryError) throw cause;
      throw this.#failed(`${where} threw: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    }
  }

  nonsense(where: string, answer: unknown, wanted: string): AdversaryError {
    return this.#failed(`${where} must answer ${wanted}, not ${shown(answer)}`);
  }

  emissions(answer: unknown, size: number): readonly Emission[] {
    if (!Array.isArray(answer)) throw this.nonsense("onEmit", answer, "undefined or a list of emissions");
    const emissions: Emission[] = [];
    for (const each of answer as readonly unknown[]) {
      if (!isEmission(each, size)) throw this.nonsense("onEmit", each, `emissions to nodes 0 to ${size - 1}`);
      emissions.push(each);
    }
    return emissions;
  }

  /** The same world, with what the adversary gives it checked. */
  world(world: AdversaryWorld): AdversaryWorld {
    const known = this.#worlds.get(world);
    if (known !== undefined) return known;
    const made = this.#checked(world);
    this.#worlds.set(world, made);
    return made;
  }

  #checked(world: AdversaryWorld): AdversaryWorld {
    const node = (index: number): number => this.#checkedNode(index, world.size);
    return {
      nowMs: () => world.nowMs(),
      size: world.size,
      faultyStakeMax: world.faultyStakeMax,
      quorumStake: world.quorumStake,
      committee: world.committee,
      choices: world.choices,
      corrupted: () => world.corrupted(),
      isUp: (index) => world.isUp(node(index)),
      knownLeader: (round) => world.knownLeader(this.#checkedAmount("knownLeader", round)),
      highestRound: () => world.highestRound(),
      corrupt: (index) => world.corrupt(node(index)),
      held: () => world.held(),
      release: (which) => world.release((message) => this.run("release", () => which(message))),
      after: (ms, run) =>
        world.after(this.#checkedAmount("after", ms), () => {
          this.run("after", run);
        }),
      sendAs: (index, emission) => {
        if (!isEmission({ ...emission, blocks: [] }, world.size))
          throw this.nonsense("sendAs", emission, "be given an emission");
        return world.sendAs(node(index), emission);
      },
      sendBlocksAs: (index, to, blocks) => world.sendBlocksAs(node(index), node(to), blocks),
      withBlocks: (emission, blocks) => world.withBlocks(emission, blocks),
      spawnTwin: (index) => world.spawnTwin(node(index)),
      feed: (index, blocks) => world.feed(node(index), blocks),
      makeUpdate: (draft) => world.makeUpdate(draft),
      forge: (index, draft: BlockDraftFields) => this.run("forge", () => world.forge(node(index), draft)),
      sendBytesAs: (index, to, bytes) => {
        if (!(bytes instanceof Uint8Array)) throw this.#failed(`sendBytesAs needs a Uint8Array, not ${shown(bytes)}`);
        return world.sendBytesAs(node(index), node(to), bytes);
      },
      acted: (what) => world.acted(String(what).slice(0, 100)),
    };
  }

  #checkedNode(index: number, size: number): number {
    if (isNode(index, size)) return index;
    throw this.#failed(`there is no node ${shown(index)}: nodes are 0 to ${size - 1}`);
  }

  #checkedAmount(where: string, amount: number): number {
    if (isAmount(amount)) return amount;
    throw this.#failed(`${where} needs a number that is not negative, not ${shown(amount)}`);
  }

  #failed(what: string, cause?: unknown): AdversaryError {
    const message = `adversary ${this.#name}: ${what}; the run was given up and has no verdict`;
    return new AdversaryError("SIM_ADVERSARY_FAILED", message, cause === undefined ? {} : { cause });
  }
}
