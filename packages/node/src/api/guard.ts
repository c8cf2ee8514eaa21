// Who may ask at all, decided before any route is looked at: the Host and Origin of browsers, the bearer token, and how
// many requests are under way. One place, deny by default; the path plays a part only for health checks, and only verbatim.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { ApiLimits } from "./limits.ts";
import { type Refusal, unavailable } from "./problem.ts";

/** A supervisor that asks whether the process lives has no token; the answers hold no secret. */
const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz", "/startupz"]);
const TOKEN_CHARS_MIN = 16;
const BEARER = /^Bearer +([!-~]+)$/iu;

export interface GuardSetup {
  readonly host: string;
  readonly token: string | null;
  readonly limits: ApiLimits;
}

export class Guard {
  readonly #setup: GuardSetup;
  readonly #tokenHash: Uint8Array | undefined;
  #inFlight = 0;
  readonly #inFlightOf = new WeakMap<object, number>();

  constructor(setup: GuardSetup) {
    this.#setup = setup;
    this.#tokenHash = setup.token === null ? undefined : hashOf(setup.token);
  }

  /** Counts the request in, or says why it is not answered. Whatever is let in is counted out by `leave`. */
  enter(incoming: IncomingMessage): Refusal | undefined {
    const { inFlightMax, inFlightPerConnectionMax } = this.#setup.limits;
    const ofConnection = this.#inFlightOf.get(incoming.socket) ?? 0;
    this.#inFlight += 1;
    this.#inFlightOf.set(incoming.socket, ofConnection + 1);
    if (this.#inFlight > inFlightMax) return unavailable("OVERLOADED", "too many requests are under way");
    if (ofConnection >= inFlightPerConnectionMax) return TOO_MANY;
    return this.#browserRefusal(incoming) ?? this.#tokenRefusal(incoming);
  }

  leave(incoming: IncomingMessage): void {
    this.#inFlight -= 1;
    this.#inFlightOf.set(incoming.socket, (this.#inFlightOf.get(incoming.socket) ?? 1) - 1);
  }

  /** A page of another site may know our address (DNS rebinding) but not make the browser send our own name. */
  #browserRefusal({ headers }: IncomingMessage): Refusal | undefined {
    const host = hostNameOf(headers.host ?? "");
    if (host === undefined) return forbidden("HOST_REFUSED", "the Host header is malformed");
    const isKnown = this.#setup.token !== null || isLoopback(host) || host === this.#setup.host.toLowerCase();
    if (!isKnown) return forbidden("HOST_REFUSED", "without a token only local names are answered");
    const { origin } = headers;
    const isForeign = origin !== undefined && origin.toLowerCase() !== `http://${headers.host ?? ""}`.toLowerCase();
    return isForeign ? forbidden("ORIGIN_REFUSED", "pages of other sites are not answered") : undefined;
  }

  #tokenRefusal({ headers, url }: IncomingMessage): Refusal | undefined {
    if (this.#tokenHash === undefined || HEALTH_PATHS.has(url ?? "")) return undefined;
    const shown = BEARER.exec(headers.authorization ?? "")?.[1];
    // Hashes have one length: the comparison takes one time.
    const isRight = shown !== undefined && timingSafeEqual(hashOf(shown), this.#tokenHash);
    return isRight ? undefined : UNAUTHORISED;
  }
}

const TOO_MANY: Refusal = {
  status: 429,
  code: "TOO_MANY_REQUESTS",
  detail: "too many requests of this connection are under way",
  retryable: true,
  headers: { "retry-after": "1" },
};

const UNAUTHORISED: Refusal = {
  status: 401,
  code: "UNAUTHORISED",
  detail: "a bearer token is needed",
  retryable: false,
  headers: { "www-authenticate": "Bearer" },
};

/** Why this address and token are no safe configuration. */
export function exposureFault(host: string, token: string | null): string | undefined {
  if (token === null) {
    return isLoopback(host) ? undefined : `the API listens on ${host} only with a token; set api.token_file`;
  }
  const isSound = token.length >= TOKEN_CHARS_MIN && /^[!-~]+$/u.test(token);
  return isSound ? undefined : `the API token has at least ${TOKEN_CHARS_MIN} visible ASCII characters`;
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

function hostNameOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?$/iu.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function hashOf(text: string): Uint8Array {
  return createHash("sha256").update(text, "utf8").digest();
}

function forbidden(code: string, detail: string): Refusal {
  return { status: 403, code, detail, retryable: false };
}
