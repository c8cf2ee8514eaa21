// Round trips in milliseconds between the four AWS regions (Oregon, Ireland, Sao Paulo, Sydney) of the BFT-SMaRt experiment that
// Delphi was validated with. Source: https://github.com/Delphi-BFT/tool, src/util/aws21.json at
// d4b501e9758cdc27ac8df28c7fd1ba9f8ee03943: daily averages of the cloudping API, November 2023. Sixteen numbers, cited as facts.

import type { LatencyMatrix } from "../latency-matrix.ts";

export const DELPHI_4: LatencyMatrix = {
  name: "delphi-4",
  summary: "4 AWS regions of the BFT-SMaRt experiment that Delphi was validated with, November 2023",
  regions: ["us-west-2", "eu-west-1", "sa-east-1", "ap-southeast-2"],
  rttMs: [
    [2.42, 118.71, 175.65, 140.45],
    [119.63, 3.35, 180.33, 257.73],
    [177.13, 181.12, 3.04, 312.85],
    [141.41, 257.64, 314.36, 2.64],
  ],
};
