// Every default in one place, each with its reason.

import type { NodeConfig } from "./schema.ts";

const DEFAULT_P2P_PORT = 9750;
const DEFAULT_API_PORT = 9751;

export const DEFAULT_CONFIG: NodeConfig = {
  role: "observer",
  p2p: {
    listen: [`/ip4/0.0.0.0/tcp/${DEFAULT_P2P_PORT}`],
    // Validators push over streams of their own: about half the CPU of gossip at equal load (docs/adr: transport).
    mode: "direct",
    // Bounds the memory of inbound buffers: connections × streams × 256 KiB.
    max_connections: 64,
    peers: [],
  },
  api: {
    // Loopback: nothing is exposed until a token is configured.
    host: "127.0.0.1",
    port: DEFAULT_API_PORT,
    token_file: "",
  },
  consensus: {
    // Below this, blocks carry so little that signing and fsync dominate.
    round_delay_min_ms: 20,
    // A crashed leader costs one of these and then nothing, so it may be generous for a WAN.
    leader_timeout_ms: 250,
    // An idle edge device should not burn its battery.
    idle_round_delay_ms: 1000,
    own_uncommitted_bytes_max: 8 * 1024 * 1024,
  },
  storage: {
    // A snapshot costs about as much as executing a few dozen commits.
    snapshot_every_commits: 200,
    // Rot is rare; a record is checked whenever it is read besides.
    scrub_every_hours: 24,
    // About a gigabyte in twenty minutes, at a percent of a core.
    scrub_kib_per_second: 1024,
  },
  // A block of a living twin reaches us within a round or two; on an idle network these are eight seconds.
  safety: { doppelganger_rounds: 8 },
  // What is pruned cannot be replayed here any more: a choice of the operator, who has other nodes that keep everything.
  prune: { keep: "all" },
  // A state is quicker than every commit, but its node cannot replay what came before: only where there is no other way.
  sync: { mode: "auto", checkpoint: "" },
  device: { gateways: [] },
  keys: { password_file: "" },
  log: { level: "info" },
};
