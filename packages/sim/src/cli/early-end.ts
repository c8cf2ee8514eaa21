// A command that ends before it is done must not look like one that found nothing. An adversary's code can end this
// process (`process.exit(0)`), and a script would read the exit code as a PASS.

import { EXIT } from "./exit-codes.ts";
import { SIGNAL_EXITS } from "./stop-signal.ts";

const STOPPED: ReadonlySet<number> = new Set(Object.values(SIGNAL_EXITS));

/** Until the answer is called, an end of this process is a failure and says so; a second Ctrl-C is an end as asked. */
export function refuseEarlyEnd(): () => void {
  let isDone = false;
  process.on("exit", (code) => {
    if (isDone || STOPPED.has(code)) return;
    process.exitCode = EXIT.invariant;
    process.stderr.write(
      "error: the process was ended before the command was done: there is no verdict (UNEXPECTED)\n",
    );
  });
  return () => {
    isDone = true;
  };
}
