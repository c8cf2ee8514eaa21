// The payloads that are pulled because a header came without: one pull for each payload and holder, however many headers
// name it, and of each holder's only a few at a time, since a pull keeps in memory what is not whole yet. Who names payloads
// that nobody has keeps its own pulls waiting, and nobody else's.

import { type ValidatorIndex, err, rejection } from "@selvedge/integrity";
import { RequestSlots } from "../network/request-slots.ts";
import type { PayloadVerdict } from "./payload-verdict.ts";

/** Payloads of one holder that are pulled or wait to be. Beyond, a header of its is not vouched for. */
const CHECK_PULLS_OF_HOLDER_MAX = 1024;
/** Of those, in memory before they are whole. */
const CHECK_PULLS_OF_HOLDER_AT_ONCE = 2;

/** @param turns each way through the sources is run in them */
type Pull = (arrived: AbortSignal, turns: RequestSlots) => Promise<PayloadVerdict>;

interface RunningPull {
  readonly arrived: AbortController;
  readonly verdict: Promise<PayloadVerdict>;
}

class HolderPulls<Key> {
  readonly turns = new RequestSlots(CHECK_PULLS_OF_HOLDER_AT_ONCE, CHECK_PULLS_OF_HOLDER_MAX);
  readonly running = new Map<Key, RunningPull>();
}

export class CheckPulls<Key> {
  readonly #byHolder = new Map<ValidatorIndex, HolderPulls<Key>>();

  /** The verdict of the pull that runs for this payload and holder already, or else of this one. */
  async run(key: Key, holder: ValidatorIndex, pull: Pull): Promise<PayloadVerdict> {
    const { running, turns } = this.#of(holder);
    const known = running.get(key);
    if (known !== undefined) return known.verdict;
    if (running.size >= CHECK_PULLS_OF_HOLDER_MAX)
      return err(rejection("PAYLOAD_PULLS_FULL", "too many payloads are being fetched already"));
    const arrived = new AbortController();
    const verdict = pull(arrived.signal, turns).finally(() => running.delete(key));
    running.set(key, { arrived, verdict });
    return verdict;
  }

  /** It came another way: nobody need be asked for it any more. */
  end(key: Key): void {
    for (const { running } of this.#byHolder.values()) running.get(key)?.arrived.abort();
  }

  #of(holder: ValidatorIndex): HolderPulls<Key> {
    const known = this.#byHolder.get(holder);
    if (known !== undefined) return known;
    const pulls = new HolderPulls<Key>();
    this.#byHolder.set(holder, pulls);
    return pulls;
  }
}
