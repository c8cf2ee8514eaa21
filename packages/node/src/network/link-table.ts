// Which connection belongs to whom: PeerIds and connections on one side, validators and observers on the other. Decides
// over a second connection of the same peer, over room and bans, and scores misbehaviour. libp2p-transport.ts owns it.

import type { Connection } from "@libp2p/interface";
import { type Rejection, type Result, type ValidatorIndex, err, ok, rejection } from "@selvedge/integrity";
import type { ProvenIdentity } from "./hello.ts";
import type { NetworkLimits } from "./limits.ts";
import { Link, keyOf } from "./link.ts";
import type { NetworkLogger } from "./logger.ts";
import { PenaltyBook } from "./penalty-book.ts";
import { reasonOf, supervise } from "./supervise.ts";
import type { PeerStatus, Remote } from "./transport.ts";

export interface LinkTableOptions {
  readonly validators: readonly ValidatorIndex[];
  readonly selfIndex: ValidatorIndex | null;
  readonly limits: NetworkLimits;
  readonly logger: NetworkLogger;
  readonly localPeerId: string;
}

/** Two dials that cross are settled by PeerId; a connection older than this has died unseen if the peer dials again. */
const CROSSED_DIALS_MS = 5_000;

export class LinkTable {
  readonly #options: LinkTableOptions;
  /** One per other validator, always there. */
  readonly #validators = new Map<ValidatorIndex, Link>();
  /** By key; exactly those connected. */
  readonly #observers = new Map<string, Link>();
  /** Whose connection it is, once both ends are content; dropped with the connection. */
  readonly #owners = new Map<string, Link>();
  readonly #penalties: PenaltyBook;
  /** The host, once it listens. */
  #onPeerChange: (remote: Remote, isConnected: boolean) => void = () => undefined;

  constructor(options: LinkTableOptions) {
    this.#options = options;
    const { limits } = options;
    this.#penalties = new PenaltyBook({ halfLifeMs: limits.penaltyHalfLifeMs, banMs: limits.banMs, now: Date.now });
    for (const index of options.validators) {
      if (index !== options.selfIndex) this.#validators.set(index, this.#newLink({ kind: "validator", index }));
    }
  }

  listen(onPeerChange: (remote: Remote, isConnected: boolean) => void): void {
    this.#onPeerChange = onPeerChange;
    for (const link of this.#validators.values()) link.startRetention();
  }

  validator(index: ValidatorIndex): Link | undefined {
    return this.#validators.get(index);
  }

  ownerOf(connection: Connection): Link | undefined {
    return this.#owners.get(connection.id);
  }

  /** The link whose peer has this PeerId now. */
  byPeerId(peerId: string): Link | undefined {
    return this.links().find((link) => link.connection?.remotePeer.toString() === peerId);
  }

  links(): readonly Link[] {
    return [...this.#validators.values(), ...this.#observers.values()];
  }

  statuses(): readonly PeerStatus[] {
    return this.links().map((link) => link.status(this.#penalties.scoreOf(link.key)));
  }

  penaltyOf(remote: Remote): number {
    return this.#penalties.scoreOf(keyOf(remote));
  }

  isPeerBanned(peerId: string): boolean {
    return this.#penalties.isBanned(peerKey(peerId));
  }

  /** The last word on a proven identity, before the connection counts. */
  admissible(connection: Connection, identity: ProvenIdentity): Result<ProvenIdentity, Rejection> {
    const remote = remoteOf(connection, identity);
    if (this.#penalties.isBanned(keyOf(remote))) return err(rejection("PEER_BANNED", keyOf(remote)));
    if (identity !== null && identity === this.#options.selfIndex) {
      return err(rejection("HELLO_PROOF_INVALID", "somebody else holds our validator key"));
    }
    const isNew = identity === null && !this.#observers.has(keyOf(remote));
    if (isNew && this.#observers.size >= this.#options.limits.observersMax) {
      return err(rejection("NO_ROOM", `${this.#observers.size} observers are connected`));
    }
    return ok(identity);
  }

  /** Puts a greeted connection into use, or closes it in favour of the one in use; answers its link either way. */
  admit(connection: Connection, identity: ProvenIdentity): Link {
    const link = this.#linkFor(remoteOf(connection, identity));
    this.#owners.set(connection.id, link);
    const current = link.connection;
    if (current === null) {
      link.attach(connection);
      this.#onPeerChange(link.remote, true);
      return link;
    }
    const isBetter = this.#isBetter(connection, current, link);
    if (isBetter) link.attach(connection);
    this.#close(isBetter ? current : connection, "another connection to this peer is in use");
    return link;
  }

  /** The connection is gone, for whatever reason. */
  released(connection: Connection): void {
    const link = this.#owners.get(connection.id);
    this.#owners.delete(connection.id);
    if (link === undefined || link.connection !== connection) return;
    link.detach();
    this.#observers.delete(link.key);
    this.#onPeerChange(link.remote, false);
  }

  /** We stop: everybody counts as gone before the connections are closed. */
  releaseAll(): void {
    for (const { connection } of this.links()) {
      if (connection !== null) this.released(connection);
    }
  }

  /** At the threshold the peer is disconnected and neither it nor its PeerId comes back before the ban ends. */
  penalise(remote: Remote, points: number, reason: string): void {
    const isBanned = this.#penalties.add(keyOf(remote), points);
    this.#options.logger.warn({ peer: keyOf(remote), points, reason, isBanned }, "peer penalised");
    if (!isBanned) return;
    const connection = this.links().find(({ key }) => key === keyOf(remote))?.connection;
    if (connection === null || connection === undefined) return;
    this.#penalties.ban(peerKey(connection.remotePeer.toString()));
    connection.abort(new Error(`banned: ${reason}`));
  }

  #linkFor(remote: Remote): Link {
    const key = keyOf(remote);
    const known = remote.kind === "validator" ? this.#validators.get(remote.index) : this.#observers.get(key);
    if (known !== undefined) return known;
    const link = this.#newLink(remote);
    this.#observers.set(key, link);
    return link;
  }

  #newLink(remote: Remote): Link {
    const { limits, logger } = this.#options;
    const onTrouble = (connection: Connection, error: unknown): void => {
      logger.debug({ peer: keyOf(remote), reason: reasonOf(error) }, "stream failed, connection dropped");
      connection.abort(error instanceof Error ? error : new Error(String(error)));
    };
    return new Link({ remote, limits, onTrouble });
  }

  /** Both ends must come to the same answer on crossed dials, so it rests on the PeerIds alone. */
  #isBetter(next: Connection, current: Connection, link: Link): boolean {
    if (current.status !== "open") return true;
    if (next.direction === current.direction && next.remotePeer.equals(current.remotePeer)) return true;
    if (!next.remotePeer.equals(current.remotePeer)) return true;
    if (Date.now() - link.attachedAtMs > CROSSED_DIALS_MS) return true;
    const isOursSmaller = this.#options.localPeerId < next.remotePeer.toString();
    return isOursSmaller === (next.direction === "outbound");
  }

  #close(connection: Connection, reason: string): void {
    this.#options.logger.debug({ peer: connection.remotePeer.toString(), reason }, "connection closed");
    supervise(connection.close({ signal: AbortSignal.timeout(1_000) }), () => connection.abort(new Error(reason)));
  }
}

function remoteOf(connection: Connection, identity: ProvenIdentity): Remote {
  return identity === null
    ? { kind: "observer", id: connection.remotePeer.toString() }
    : { kind: "validator", index: identity };
}

function peerKey(peerId: string): string {
  return `peer/${peerId}`;
}
