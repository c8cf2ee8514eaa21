// Faults that this harness does not inject into daemons, each with the reason and with where the same question is asked
// otherwise. They count as skipped, never as passed.

import { type Fault, SkippedFault } from "../lib/fault.ts";

const ELSEWHERE: readonly (Pick<Fault, "id" | "title" | "expected"> & { readonly why: string })[] = [
  {
    id: "F07",
    title: "kill in a schema upgrade",
    expected: "old or new schema, never mixed",
    why: "there is one data layout and no code that turns another into it, hence no call to be killed at; F31 and F115 show that homes of another layout are refused (76) and left as they are",
  },
];

export const ELSEWHERE_FAULTS: readonly Fault[] = ELSEWHERE.map(({ id, title, expected, why }) => ({
  id,
  title,
  how: "not injected into daemons here",
  expected,
  run: () => Promise.reject(new SkippedFault(why)),
}));
