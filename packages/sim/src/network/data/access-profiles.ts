// Access networks by name, as figures of published measurements. Quantiles are round trips of the access leg in milliseconds; no
// tail is invented beyond the last published quantile. A rate of null means that the sources give none: nothing limits it.
// Sources:
// [5g] Narayanan et al., A Variegated Look at 5G in the Wild, SIGCOMM 2021; https://github.com/SIGCOMM21-5G/artifact,
//   dataset_speedtest_ookla_full.csv at 35aaf2857550c7f4c736fe9b01e894253a777e4e: Verizon, servers within 100 km (122 and 46
//   tests), median rates of 5604 and 1359 tests.
// [ie] Raca et al., Beyond Throughput, The Next Generation, MMSys 2020; https://github.com/uccmisl/5Gdataset: one Irish
//   operator; pings (means of groups, share lost) and download rate, driving on LTE and standing on 5G.
// [mm] Winstein et al., NSDI 2013, traces of https://github.com/ravinet/mahimahi at ae477d437615b972217498ba52be07db17a15618:
//   U.S. LTE while driving; 12 outages over 1 s in 786 s, the longest 1515 ms (ATT-LTE-driving.down); uplink 1.91 Mbit/s on
//   average (ATT-LTE-driving-2016.up).
// [wifi] Sui et al., MobiSys 2016 (47,000 devices of a campus): hop latency, median, 90th and 99th percentile.
// [sl] Michel et al., A First Look at Starlink Performance, IMC 2022: quantiles to European anchors, the terrestrial part
//   included; over 300 Mbit/s down. Kassem et al., IMC 2022: up to half the packets lost around handovers; links are planned
//   anew every 15 s (Mohan et al., arXiv 2310.09242). How long a handover lasts is our assumption, 500 ms.
// How long a delay stays as it is (`coherenceMs`) is our assumption too, but for Starlink's 15 s: with a delay of its own for
// each message, a link that keeps its order would always wait for the slowest of the last few.

import type { AccessProfile } from "../access-profile.ts";

export const ACCESS_PROFILES: readonly AccessProfile[] = [
  {
    name: "5g-mmwave",
    summary: "5G mmWave, server within 100 km: 7 ms round trip, 944 Mbit/s down, 77 up [Verizon, USA, 2020-21]",
    roundTrip: { shares: [0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1], ms: [6, 6, 7, 7, 8, 8, 8.95, 15.79, 15.79] },
    coherenceMs: 200,
    downMbps: 944.1,
    upMbps: 77.22,
    lossProbability: 0.0037,
    outages: null,
    handover: null,
  },
  {
    name: "5g-low",
    summary: "5G low band, server within 100 km: 15 ms round trip, 78 Mbit/s down, 64 up [Verizon, USA, 2020-21]",
    roundTrip: {
      shares: [0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1],
      ms: [13, 13, 13.25, 15, 15.75, 17, 19.25, 29.7, 29.7],
    },
    coherenceMs: 200,
    downMbps: 78.12,
    upMbps: 64.12,
    lossProbability: 0.0037,
    outages: null,
    handover: null,
  },
  {
    name: "lte-driving",
    summary:
      "LTE in a moving car: 84 ms round trip, 1 % at 324 ms, 7 Mbit/s down, 2 up, an outage of over 1 s a minute [IE, USA]",
    roundTrip: {
      shares: [0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1],
      ms: [68, 68, 77, 84, 93, 100.8, 106, 324.42, 324.42],
    },
    coherenceMs: 200,
    downMbps: 7.08,
    upMbps: 1.91,
    lossProbability: 0.0116,
    outages: { gapMeanMs: 65_508, shares: [0, 1], ms: [1000, 1515] },
    handover: null,
  },
  {
    name: "wifi-campus",
    summary:
      "Wi-Fi hop of a campus: 3 ms in the median, 20 ms at 90 %, 250 ms at 99 %; no rate published [Tsinghua, 2016]",
    roundTrip: { shares: [0, 0.5, 0.9, 0.99, 1], ms: [3, 3, 20, 250, 250] },
    coherenceMs: 200,
    downMbps: null,
    upMbps: null,
    lossProbability: 0,
    outages: null,
    handover: null,
  },
  {
    name: "starlink",
    summary:
      "Starlink: 50 ms round trip, 300 Mbit/s down, planned anew every 15 s with half the messages lost for 500 ms [BE, 2022]",
    roundTrip: { shares: [0, 0.25, 0.5, 0.75, 1], ms: [20, 40, 50, 60, 60] },
    coherenceMs: 15_000,
    downMbps: 300,
    upMbps: null,
    lossProbability: 0,
    outages: null,
    handover: { everyMs: 15_000, forMs: 500, lossProbability: 0.5 },
  },
];
