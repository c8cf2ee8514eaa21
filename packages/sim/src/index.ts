// The one door of the package: explicit re-exports, nothing else is reachable. The first block is what somebody needs who
// writes an adversary of his own.

export type {
  Adversary,
  AdversaryBudget,
  AdversaryWorld,
  Emission,
  MessageVerdict,
  MessageView,
  Power,
  UpdateDraft,
} from "./adversary/adversary.ts";
export type { BlockDraftFields } from "./adversary/block-draft.ts";
export { AdversaryError } from "./adversary/adversary-error.ts";
export { loadAdversary } from "./adversary/load-adversary.ts";
export { BEHAVIOURS, createBehaviour } from "./adversary/registry.ts";
export type { Checker, CheckerContext, Violation } from "./checker/checker.ts";
export type { Experiment, Point } from "./experiment/experiment.ts";
export { EXPERIMENTS, experimentNamed } from "./experiment/registry.ts";
export { runExperiment } from "./experiment/run-experiment.ts";
export { writeExperiment } from "./experiment/write-experiment.ts";
export { type DecisionLog, readDecisionLog, writeDecisionLog } from "./kernel/decision-log.ts";
export type { ChoiceStreams, Choices } from "./kernel/decisions.ts";
export { EventQueue } from "./kernel/event-queue.ts";
export { RecordedStreams } from "./kernel/random.ts";
export { type Micros, microsOfMs, msOfMicros } from "./kernel/time.ts";
export { type CatalogueEntry, NETWORK_CATALOGUE } from "./network/catalogue.ts";
export { createNetworkModel } from "./network/create-network.ts";
export { type LoadedMatrices, loadMatrices } from "./network/load-matrices.ts";
export type { LatencyMatrix } from "./network/latency-matrix.ts";
export { BUILTIN_MATRICES, type MatrixLibrary } from "./network/matrix.ts";
export type { Arrival, NetworkModel, Transmission } from "./network/network.ts";
export type { Envelope, MessageKind, OutgoingMessage } from "./protocol/message.ts";
export type { Observation, Observed } from "./protocol/observation.ts";
export type {
  DeviceUpdate,
  Process,
  ProcessPorts,
  ProcessStatus,
  ProtocolChain,
  Submission,
} from "./protocol/protocol.ts";
export { PROTOCOLS, createChain } from "./protocol/registry.ts";
export type { RunObserver } from "./run/observer.ts";
export type { Finding, LatencySummary, RunMetrics, RunResult, SecondRow, Verdict } from "./run/result.ts";
export type { CostTable, RunOptions } from "./run/run-options.ts";
export { type RecordedRun, recordScenario, runScenario } from "./run/run-scenario.ts";
export { BUILTIN_SCENARIOS } from "./scenario/builtin/registry.ts";
export { checkScenario, loadScenario } from "./scenario/load.ts";
export { SimInputError, SimRuntimeError } from "./scenario/sim-error.ts";
export { SCENARIO, type Scenario } from "./scenario/schema.ts";
export { World, type WorldSetup } from "./world/world.ts";
