// Stands between the world and an adversary that is not ours: whatever it throws, and whatever it answers or asks for that
// makes no sense, ends the run with SIM_ADVERSARY_FAILED. A run that such an adversary had corrupted would have told lies.
// What it is shown are copies (copies.ts), and of what it answers every member is read once, while it is guarded.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { Choices } from "../kernel/decisions.ts";
import type { OutgoingMessage } from "../protocol/message.ts";
import { AdversaryError, adversaryFailed } from "./adversary-error.ts";
import { errorIn, isAmount, isNode, isRecord, messageIn, reasonOf, shown, verdictIn } from "./adversary-shape.ts";
import type { Adversary, AdversaryWorld, Emission, MessageVerdict, MessageView } from "./adversary.ts";
import { Copies } from "./copies.ts";
import { ADVERSARY_DELAY_MAX_MS, ADVERSARY_MESSAGE_MAX_BYTES } from "./limits.ts";

/** Of members that nobody changes any more; `self` is what its hooks have as `this`: users write classes. */
export function guarded(adversary: Adversary, self: unknown = adversary): Adversary {
  const { name, power, budget, nodes, start, onMessage, onEmit, onReceive } = adversary;
  const guard = new Guard(name);
  return Object.freeze({
    name,
    power,
    ...(budget && { budget }),
    ...(nodes && { nodes }),
    ...(start && {
      start: (world: AdversaryWorld) => guard.run("start", () => guard.nothing(start.call(self, guard.world(world)))),
    }),
    ...(onMessage && {
      onMessage: (message: MessageView, world: AdversaryWorld) =>
        guard.run("onMessage", () => guard.verdict(onMessage.call(self, guard.message(message), guard.world(world)))),
    }),
    ...(onEmit && {
      onEmit: (node: number, emission: Emission, world: AdversaryWorld) =>
        guard.run("onEmit", () =>
          guard.emissions(onEmit.call(self, node, guard.emission(emission), guard.world(world)), world.size),
        ),
    }),
    ...(onReceive && {
      onReceive: (node: number, message: MessageView, world: AdversaryWorld) =>
        guard.run("onReceive", () =>
          guard.passing(onReceive.call(self, node, guard.message(message), guard.world(world))),
        ),
    }),
  });
}

class Guard {
  readonly #name: string;
  readonly #copies = new Copies();
  readonly #worlds = new WeakMap<AdversaryWorld, AdversaryWorld>();
  /** Of what is held, which is looked at again and again. */
  readonly #heldViews = new WeakMap<MessageView, MessageView>();
  /** An adversary may have caught it: the run is given up all the same. */
  #failure: AdversaryError | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  run<Answer>(where: string, hook: () => Answer): Answer {
    try {
      const answer = hook();
      if (this.#failure === undefined) return answer;
    } catch (cause) {
      this.#failure ??= isOurs(cause) ? cause : this.#failed(`${where} threw: ${reasonOf(cause)}`, errorIn(cause));
    }
    throw this.#failure;
  }

  nothing(answer: unknown): void {
    if (answer !== undefined) throw this.#nonsense("start", answer, "nothing");
  }

  verdict(answer: unknown): MessageVerdict | undefined {
    if (answer === undefined) return undefined;
    const verdict = verdictIn(answer);
    if (verdict !== undefined) return verdict;
    const wanted = `undefined or { type: "deliver" | "delay" (with ms from 0 to ${ADVERSARY_DELAY_MAX_MS}) | "hold" | "drop" }`;
    throw this.#nonsense("onMessage", answer, wanted);
  }

  emissions(answer: unknown, size: number): readonly Emission[] | undefined {
    if (answer === undefined) return undefined;
    if (!Array.isArray(answer)) throw this.#nonsense("onEmit", answer, "undefined or a list of emissions");
    const emissions: Emission[] = [];
    for (const each of answer as readonly unknown[]) {
      const message = messageIn(each, size);
      const blocks = isRecord(each) ? each["blocks"] : undefined;
      if (message === undefined || !Array.isArray(blocks)) {
        const wanted = `emissions to nodes 0 to ${size - 1} of a whole number of bytes, at most ${ADVERSARY_MESSAGE_MAX_BYTES}`;
        throw this.#nonsense("onEmit", each, wanted);
      }
      emissions.push({ ...message, body: this.#copies.meant(message.body), blocks: this.#copies.meant(blocks) });
    }
    return emissions;
  }

  passing(answer: unknown): boolean | undefined {
    if (answer === undefined || typeof answer === "boolean") return answer;
    throw this.#nonsense("onReceive", answer, "undefined, true or false");
  }

  /** Blocks are copied when somebody reads them: most adversaries do not. */
  message(message: MessageView): MessageView {
    const copies = this.#copies;
    const { id, from, to, kind, sizeBytes, sentAtMs } = message;
    return Object.freeze({
      id,
      from,
      to,
      kind,
      sizeBytes,
      sentAtMs,
      get blocks(): readonly VerifiedBlock[] {
        return copies.shown(message.blocks);
      },
    });
  }

  emission(emission: Emission): Emission {
    const copies = this.#copies;
    const { to, kind, sizeBytes } = emission;
    return Object.freeze({
      to,
      kind,
      sizeBytes,
      get body(): unknown {
        return copies.shown(emission.body);
      },
      get blocks(): readonly VerifiedBlock[] {
        return copies.shown(emission.blocks);
      },
    });
  }

  /** The same world, with what the adversary gives it checked. */
  world(world: AdversaryWorld): AdversaryWorld {
    const known = this.#worlds.get(world);
    if (known !== undefined) return known;
    const made = Object.freeze(this.#checked(world));
    this.#worlds.set(world, made);
    return made;
  }

  #checked(world: AdversaryWorld): AdversaryWorld {
    const copies = this.#copies;
    const node = (index: number): number => this.#checkedNode(index, world.size);
    return {
      nowMs: () => world.nowMs(),
      size: world.size,
      faultyStakeMax: world.faultyStakeMax,
      quorumStake: world.quorumStake,
      committee: copies.shown(world.committee),
      choices: this.#choices(world.choices),
      corrupted: () => new Set(world.corrupted()),
      isUp: (index) => world.isUp(node(index)),
      knownLeader: (round) => world.knownLeader(this.#checkedAmount("knownLeader", round)),
      highestRound: () => world.highestRound(),
      corrupt: (index) => world.corrupt(node(index)),
      held: () => world.held().map((message) => this.#heldView(message)),
      release: (which) =>
        world.release((message) => this.run("release", () => Boolean(which(this.#heldView(message))))),
      after: (ms, run) =>
        this.run("after", () => {
          world.after(this.#checkedAmount("after", ms), () => this.run("after", run));
        }),
      sendAs: (index, emission) =>
        this.run("sendAs", () => world.sendAs(node(index), this.#message("sendAs", emission, world.size))),
      sendBlocksAs: (index, to, blocks) => world.sendBlocksAs(node(index), node(to), this.#blocks(blocks)),
      withBlocks: (emission, blocks) => {
        const message = this.#message("withBlocks", emission, world.size);
        return this.emission(world.withBlocks({ ...message, blocks: [] }, this.#blocks(blocks)));
      },
      spawnTwin: (index) => world.spawnTwin(node(index)),
      feed: (index, blocks) => world.feed(node(index), this.#blocks(blocks)),
      makeUpdate: (draft) => copies.shown(world.makeUpdate(copies.meant(draft))),
      forge: (index, draft) => this.run("forge", () => copies.shown(world.forge(node(index), copies.meant(draft)))),
      sendBytesAs: (index, to, bytes) => {
        if (!(bytes instanceof Uint8Array)) throw this.#failed(`sendBytesAs needs a Uint8Array, not ${shown(bytes)}`);
        return world.sendBytesAs(node(index), node(to), new Uint8Array(bytes));
      },
      acted: (what) => world.acted(String(what).slice(0, 100)),
    };
  }

  /** What the world refuses of them is remembered, too. */
  #choices({ fraction, below, chance, shuffled }: Choices): Choices {
    return Object.freeze({
      fraction,
      below: (bound: number) => this.run("choices.below", () => below(bound)),
      chance: (probability: number) => this.run("choices.chance", () => chance(probability)),
      shuffled,
    });
  }

  #heldView(message: MessageView): MessageView {
    const view = this.#heldViews.get(message) ?? this.message(message);
    this.#heldViews.set(message, view);
    return view;
  }

  #message(where: string, emission: unknown, size: number): OutgoingMessage {
    const message = messageIn(emission, size);
    if (message === undefined) throw this.#failed(`${where} needs an emission, not ${shown(emission)}`);
    return { ...message, body: this.#copies.meant(message.body) };
  }

  /** Others take a block at its word once its bytes are good: one put together by hand would say something else. */
  #blocks(blocks: readonly VerifiedBlock[]): readonly VerifiedBlock[] {
    if (!Array.isArray(blocks)) throw this.#failed(`a list of blocks is needed, not ${shown(blocks)}`);
    return Array.from<VerifiedBlock, VerifiedBlock>(blocks, (block) => {
      if (this.#copies.isKnown(block)) return this.#copies.meant(block);
      throw this.#failed(`a block must be one that it was shown or has forged, not ${shown(block)}`);
    });
  }

  #checkedNode(index: number, size: number): number {
    if (isNode(index, size)) return index;
    throw this.#failed(`there is no node ${shown(index)}: nodes are 0 to ${size - 1}`);
  }

  #checkedAmount(where: string, amount: number): number {
    if (isAmount(amount)) return amount;
    throw this.#failed(`${where} needs a number that is not negative, not ${shown(amount)}`);
  }

  #nonsense(where: string, answer: unknown, wanted: string): AdversaryError {
    return this.#failed(`${where} must answer ${wanted}, not ${shown(answer)}`);
  }

  /** The first failure is the one that is told of. */
  #failed(what: string, cause?: Error): AdversaryError {
    this.#failure ??= adversaryFailed(`adversary ${this.#name}: ${what}`, cause === undefined ? {} : { cause });
    return this.#failure;
  }
}

/** Thrown by the world itself, or by the guard of another adversary. */
function isOurs(cause: unknown): cause is AdversaryError {
  try {
    return cause instanceof AdversaryError;
  } catch {
    return false;
  }
}
