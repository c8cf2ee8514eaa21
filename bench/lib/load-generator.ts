// Our end of a load generator process: starts it, gives it one order at a time, says when the measured window begins and
// ends.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

interface Answer<Result> {
  readonly type: "ready" | "window" | "done";
  readonly edge?: "begin" | "end";
  readonly result?: Result;
}

export class LoadGenerator<Order extends object, Result> {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start<Order extends object, Result>(script: URL): Promise<LoadGenerator<Order, Result>> {
    const child = fork(script, { execArgv: [] });
    await once(child, "message");
    return new LoadGenerator<Order, Result>(child);
  }

  run(order: Order, onWindow: (edge: "begin" | "end") => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("the load generator ended"));
      const onMessage = ({ edge, result }: Answer<Result>): void => {
        if (edge !== undefined) onWindow(edge);
        if (result === undefined) return;
        this.#child.off("message", onMessage);
        this.#child.off("exit", onExit);
        resolve(result);
      };
      this.#child.once("exit", onExit);
      this.#child.on("message", onMessage);
      this.#child.send(order);
    });
  }

  stop(): void {
    this.#child.kill("SIGTERM");
  }
}
