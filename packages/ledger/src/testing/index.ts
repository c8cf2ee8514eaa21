// The second door of the package: what tests of this and other packages build ledgers with.

export {
  type BlockDraft,
  LedgerScenario,
  type ScenarioOptions,
  type ScenarioSigning,
  type UpdateDraft,
  ackBlocks,
  weightsFrom,
} from "./ledger-scenario.ts";
export { standInDealing, standInDealingBytes } from "./stand-in-dealing.ts";
