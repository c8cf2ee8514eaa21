// What a validator's store knows of what it has signed in an epoch: its newest own block, and after an amnesia that more was
// signed than it holds (docs/protocol.md §11).

import type { PersistEffect } from "@selvedge/consensus";
import type { Store, StoreOp } from "@selvedge/integrity";

const NEWEST_OWN_KEY = "newest-own-block";
/** There since an amnesia: kept for the whole epoch. */
const FORGOTTEN_KEY = "has-forgotten";
const RECOVERING_KEY = "is-recovering";
const NOTHING = new Uint8Array(0);

export class OwnPast {
  readonly #store: Store;
  /** Begins every key. */
  readonly #prefix: string;
  #isRecovering = false;

  private constructor(store: Store, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  static async open(store: Store, prefix: string): Promise<OwnPast> {
    const past = new OwnPast(store, prefix);
    past.#isRecovering = (await past.#get(RECOVERING_KEY)) !== undefined;
    return past;
  }

  /** For the batch of that effect. */
  opsFor({ blocks, signed, hasForgotten, isRecovering }: PersistEffect): readonly StoreOp[] {
    const ops: StoreOp[] = [];
    if (hasForgotten === true) ops.push(this.#put(FORGOTTEN_KEY, NOTHING));
    if (isRecovering === true) ops.push(this.#put(RECOVERING_KEY, NOTHING));
    else if (signed !== null && this.#isRecovering)
      ops.push({ type: "delete", space: "meta", key: `${this.#prefix}${RECOVERING_KEY}` });
    // From the amnesia on, until a block is made again.
    this.#isRecovering = isRecovering === true || (this.#isRecovering && signed === null);
    const own = blocks.find(({ ref }) => ref.digest === signed?.digest);
    if (own !== undefined) ops.push(this.#put(NEWEST_OWN_KEY, own.bytes));
    return ops;
  }

  /** Bytes of the newest block that this validator made, of whatever round. */
  newestBlock(): Promise<Uint8Array | undefined> {
    return this.#get(NEWEST_OWN_KEY);
  }

  /** Acks were lost, or more: the engine that starts from here acks nothing more in this epoch. */
  async markForgotten(): Promise<void> {
    await this.#store.batch([this.#put(FORGOTTEN_KEY, NOTHING)], { sync: true });
  }

  /** Whether this validator has lost what it signed in this epoch, recovered or not. */
  async hasForgotten(): Promise<boolean> {
    return (await this.#get(FORGOTTEN_KEY)) !== undefined;
  }

  /** Whether it has made no block since, so that it may lack more of what it signed than it knows. */
  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  #get(key: string): Promise<Uint8Array | undefined> {
    return this.#store.get("meta", `${this.#prefix}${key}`);
  }

  #put(key: string, value: Uint8Array): StoreOp {
    return { type: "put", space: "meta", key: `${this.#prefix}${key}`, value };
  }
}
