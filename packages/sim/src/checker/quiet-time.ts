// When nothing is being done to the network by the scenario's own faults: liveness within a run is demanded only then.
// Crashes are told by lifecycle and do not count here; what villains do is what liveness must withstand.

import { type Micros, microsOfMs } from "../kernel/time.ts";
import type { FaultSpec, Scenario } from "../scenario/schema.ts";

export interface QuietTime {
  /** Since when it has been quiet; undefined while a fault is in force or after the end of the scenario. */
  readonly quietSinceUs: (nowUs: Micros) => Micros | undefined;
  /**
   * Whether what came at `atUs` was demanded: it came in quiet time, and the same quiet time lasts until it would have been
   * late. What nobody could have called late proves nothing by coming.
   */
  readonly wasDemanded: (wait: Wait) => boolean;
}

export interface Wait {
  readonly sinceUs: Micros;
  readonly atUs: Micros;
  /** The longest wait that is no fault. */
  readonly maxUs: Micros;
}

const DISTURBING: ReadonlySet<FaultSpec["type"]> = new Set(["partition", "link", "clock", "disk", "pause"]);

export function createQuietTime({ faults, durationMs, network }: Scenario): QuietTime {
  const windows = faults
    .filter(({ type }) => DISTURBING.has(type))
    .map(({ fromMs, toMs }) => ({ fromUs: microsOfMs(fromMs ?? 0), toUs: microsOfMs(toMs ?? durationMs) }));
  if (network.synchrony !== undefined) windows.push({ fromUs: 0, toUs: microsOfMs(network.synchrony.gstMs) });
  const endUs = microsOfMs(durationMs);
  const quietSinceUs: QuietTime["quietSinceUs"] = (nowUs) => {
    if (nowUs > endUs || windows.some(({ fromUs, toUs }) => fromUs <= nowUs && nowUs < toUs)) return undefined;
    return windows.reduce((since, { toUs }) => (toUs <= nowUs ? Math.max(since, toUs) : since), 0);
  };
  return {
    quietSinceUs,
    wasDemanded: ({ sinceUs, atUs, maxUs }) => {
      const quietAtUs = quietSinceUs(atUs);
      if (quietAtUs === undefined) return false;
      const fromUs = Math.max(sinceUs, quietAtUs);
      const quietWhenLateUs = quietSinceUs(fromUs + maxUs + 1);
      return quietWhenLateUs !== undefined && quietWhenLateUs <= fromUs;
    },
  };
}
