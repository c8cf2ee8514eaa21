// The engine that a node runs now. A node that has caught up by ranges, or has entered another epoch, goes on with another
// one; whoever asks for the engine's status asks here and need not know.

import type { ConsensusEngine, EngineStatus } from "@selvedge/consensus";

export class EngineSlot implements ConsensusEngine {
  #engine: ConsensusEngine;
  /** Set while commits are taken in without the engine. */
  #syncedIndex: number | null = null;

  constructor(engine: ConsensusEngine) {
    this.#engine = engine;
  }

  /** What was started anew is started by its first input. */
  replace(engine: ConsensusEngine): void {
    this.#engine = engine;
    this.#syncedIndex = null;
  }

  /** The last commit taken in without the engine. */
  noteSynced(index: number): void {
    this.#syncedIndex = index;
  }

  readonly handle: ConsensusEngine["handle"] = (input) => this.#engine.handle(input);

  readonly status = (): EngineStatus => {
    const status = this.#engine.status();
    return this.#syncedIndex === null ? status : { ...status, lastCommitIndex: this.#syncedIndex, isCatchingUp: true };
  };

  readonly leaderOf: ConsensusEngine["leaderOf"] = (round) => this.#engine.leaderOf(round);

  readonly traceDigest: ConsensusEngine["traceDigest"] = () => this.#engine.traceDigest();
}
