// Misbehaviour of somebody else, as data. `code` is API and listed in docs/errors.md; `detail` is for people.

/** Why untrusted bytes were refused. Every decoder and verifier answers with one of these, never with a throw. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly detail: string;
}

/** SCREAMING_SNAKE, one per way of being wrong; each listed in docs/errors.md. */
export type RejectionCode = string;

export function rejection(code: RejectionCode, detail: string): Rejection {
  return { code, detail };
}
