// The seeded defects of what docs/protocol.md §11 says, in the order of their table.

import { ADMISSION_MUTANTS } from "./later/admission.ts";
import { BEGINNING_MUTANTS } from "./later/beginnings.ts";
import { CATCHING_UP_MUTANTS } from "./later/catching-up.ts";
import { COMMITTEE_MUTANTS } from "./later/committee.ts";
import { DEALING_MUTANTS } from "./later/dealing.ts";
import { END_OF_EPOCH_MUTANTS } from "./later/end-of-epoch.ts";
import { RESERVATION_MUTANTS } from "./later/reservations.ts";
import { SAFETY_RECORD_MUTANTS } from "./later/safety-record.ts";
import { STANDING_MUTANTS } from "./later/standing.ts";
import type { LaterMutant } from "./mutant.ts";

export const LATER_MUTANTS: readonly LaterMutant[] = [
  ...STANDING_MUTANTS,
  ...END_OF_EPOCH_MUTANTS,
  ...COMMITTEE_MUTANTS,
  ...DEALING_MUTANTS,
  ...RESERVATION_MUTANTS,
  ...CATCHING_UP_MUTANTS,
  ...SAFETY_RECORD_MUTANTS,
  ...ADMISSION_MUTANTS,
  ...BEGINNING_MUTANTS,
];
