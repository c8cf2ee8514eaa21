// A worker thread for the simulation, so that Ctrl-C is heard while it computes.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "@selvedge/integrity";
import { isSimulationInput, simulateBoth } from "./simulation.ts";

const input: unknown = workerData;
assert(isSimulationInput(input), "the worker is started by runSimulation");
parentPort?.postMessage(simulateBoth(input.plan, input.samples));
