// The one door of the package: explicit re-exports, nothing else is reachable.

export { LedgerWorld, type LedgerWorldOptions, type WorldUpdate } from "./ledger-world.ts";
