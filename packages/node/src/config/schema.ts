// The configuration a node chooses for itself: one schema from which the file, the environment and the flags are
// checked. What all nodes must agree on is in the genesis instead and never here.

import { type Static, Type } from "typebox";

/** As libp2p writes it, of TCP: `/ip4/10.0.0.1/tcp/9750`, `/dns4/host.example/tcp/9750/p2p/…`. */
const MULTIADDR = Type.String({
  minLength: 1,
  maxLength: 512,
  pattern:
    "^(?:/ip6zone/[^/\\s]+)?/(?:(?:ip4|ip6|dns|dns4|dns6)/[^/\\s]+/tcp/\\d{1,5}|dnsaddr/[^/\\s]+)(?:/p2p/\\w+)?$",
});

const PEER = Type.Object(
  {
    /** Position in the committee; absent for an observer's peer. */
    validator: Type.Optional(Type.Integer({ minimum: 0 })),
    address: MULTIADDR,
  },
  { additionalProperties: false },
);

/** The keys of config.toml. Every key may also be given as SELVEDGE_<SECTION>_<KEY>, and the common ones as a flag. */
export const CONFIG_SCHEMA = Type.Object(
  {
    role: Type.Union([Type.Literal("validator"), Type.Literal("observer"), Type.Literal("device")]),
    p2p: Type.Object(
      {
        listen: Type.Array(MULTIADDR, { minItems: 1, maxItems: 8 }),
        mode: Type.Union([Type.Literal("direct"), Type.Literal("gossip")]),
        max_connections: Type.Integer({ minimum: 4, maximum: 1024 }),
        peers: Type.Array(PEER, { maxItems: 1024 }),
      },
      { additionalProperties: false },
    ),
    api: Type.Object(
      {
        host: Type.String({ minLength: 1, maxLength: 255 }),
        port: Type.Integer({ minimum: 0, maximum: 65_535 }),
        /** Path of a file whose first line is the bearer token; required to listen beyond loopback. */
        token_file: Type.String({ maxLength: 4096 }),
      },
      { additionalProperties: false },
    ),
    consensus: Type.Object(
      {
        round_delay_min_ms: Type.Integer({ minimum: 0, maximum: 60_000 }),
        leader_timeout_ms: Type.Integer({ minimum: 1, maximum: 600_000 }),
        idle_round_delay_ms: Type.Integer({ minimum: 1, maximum: 600_000 }),
        own_uncommitted_bytes_max: Type.Integer({ minimum: 1024 }),
      },
      { additionalProperties: false },
    ),
    storage: Type.Object(
      {
        /** Commits between two snapshots of the ledger; a restart executes at most this many again. */
        snapshot_every_commits: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
        /** Hours from one reading of everything that is stored to the next; 0: never. */
        scrub_every_hours: Type.Integer({ minimum: 0, maximum: 8760 }),
        /** Rate of that reading. */
        scrub_kib_per_second: Type.Integer({ minimum: 1, maximum: 1_048_576 }),
      },
      { additionalProperties: false },
    ),
    safety: Type.Object(
      {
        /** Rounds to listen for a second node with our key after an amnesia; 0 also asks nobody before signing. */
        doppelganger_rounds: Type.Integer({ minimum: 0, maximum: 10_000 }),
      },
      { additionalProperties: false },
    ),
    prune: Type.Object(
      {
        /** "all", or how many of the newest commits stay: "10000 commits". */
        keep: Type.String({ pattern: "^(all|[0-9]{1,12}( commits?)?)$" }),
      },
      { additionalProperties: false },
    ),
    sync: Type.Object(
      {
        /** How an empty or far node joins: all commits, a state, or a state only once the commits are gone. */
        mode: Type.Union([Type.Literal("auto"), Type.Literal("full"), Type.Literal("state")]),
        /** INDEX:DIGEST of a commit that the chain must go through; empty trusts the genesis alone. */
        checkpoint: Type.String({ maxLength: 128 }),
      },
      { additionalProperties: false },
    ),
    device: Type.Object(
      {
        /** HTTP interfaces of nodes that a device may talk to, in order of preference. */
        gateways: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 64 }),
      },
      { additionalProperties: false },
    ),
    keys: Type.Object(
      {
        /** Empty: secrets/password of the home. */
        password_file: Type.String({ maxLength: 4096 }),
      },
      { additionalProperties: false },
    ),
    log: Type.Object(
      {
        level: Type.Union([
          Type.Literal("trace"),
          Type.Literal("debug"),
          Type.Literal("info"),
          Type.Literal("warn"),
          Type.Literal("error"),
          Type.Literal("silent"),
        ]),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export type NodeConfig = Static<typeof CONFIG_SCHEMA>;
