// What a payload is worth, as the check of it found.

import type { Rejection, Result } from "@selvedge/integrity";

/** Norm of the delta, or why no honest validator vouches for it. */
export type PayloadVerdict = Result<number, Rejection>;
