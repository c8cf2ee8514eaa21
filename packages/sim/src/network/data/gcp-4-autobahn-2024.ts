// Round trips between four GCP regions in milliseconds. Source: Giridharan et al., Autobahn (SOSP 24), Table 1,
// https://arxiv.org/abs/2401.10369. Figures cited from the paper.

import type { LatencyMatrix } from "../latency-matrix.ts";

export const GCP_4_AUTOBAHN_2024: LatencyMatrix = {
  name: "gcp-4-autobahn-2024",
  summary: "4 GCP regions in the USA, round trips of Autobahn's table 1 (SOSP 24)",
  regions: ["us-east1", "us-east5", "us-west1", "us-west4"],
  rttMs: [
    [0.5, 19, 64, 55],
    [19, 0.5, 50, 57],
    [64, 50, 0.5, 28],
    [55, 57, 28, 0.5],
  ],
};
