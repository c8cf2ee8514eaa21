// Average round trips between ten IBM Cloud VPC regions in milliseconds, 31 August to 29 September 2024; within a region the mean
// over its three pairs of zones, 3 February to 3 March 2024. Source: https://github.com/ibm-cloud-docs/vpc,
// _include-segments/network-latency.md (sections of 2024-09-29, and of 2024-03-03 at 009bede4f2be2a4cdcbd27359cab8ecb76870fad);
// figures published by the vendor.

import type { LatencyMatrix } from "../latency-matrix.ts";

export const IBM_10_2024_09: LatencyMatrix = {
  name: "ibm-10-2024-09",
  summary: "10 IBM Cloud regions, average round trips of September 2024 as the vendor published them",
  regions: [
    "Dallas",
    "Toronto",
    "Washington DC",
    "Frankfurt",
    "London",
    "Madrid",
    "Osaka",
    "Sydney",
    "Tokyo",
    "Sao Paulo",
  ],
  rttMs: [
    [null, 34, 31, 123, 113, 116, 149, 185, 143, 145],
    [34, null, 19, 93, 82, 108, 168, 216, 162, 129],
    [31, 20, null, 91, 76, 88, 174, 214, 166, 118],
    [123, 93, 91, null, 13, 29, 233, 250, 228, 196],
    [113, 83, 76, 13, null, 27, 243, 261, 243, 186],
    [119, 108, 89, 29, 27, null, 257, 275, 257, 207],
    [150, 168, 175, 233, 244, 258, null, 122, 9, 293],
    [185, 214, 215, 250, 261, 275, 122, null, 115, 328],
    [142, 162, 166, 230, 243, 258, 9, 115, null, 284],
    [145, 131, 119, 197, 186, 204, 291, 328, 286, null],
  ],
  sameRegionRttMs: [1.957, 1.827, 0.85, 0.833, 2.083, 0.703, 1.677, 1.747, 1.753, 2.31],
};
