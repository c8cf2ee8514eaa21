// What kind of failure an error of the code under test is: its code, or else its name, and the place that threw it. Two
// errors of one class are taken for one defect, so shrinking does not slide from one defect to another, and a swarm counts
// them apart. The message is left out: it may tell of rounds and nodes, which change as a scenario shrinks.

const PLACE = /(\S+?):(\d+):\d+\)?$/u;

export function failureClassOf(error: unknown): string {
  if (!(error instanceof Error)) return "exception";
  const place = placeOf(error);
  return `exception ${nameOf(error)}${place === undefined ? "" : ` at ${place}`}`;
}

function nameOf(error: Error): string {
  const name = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return /^\w{1,40}$/u.test(name) ? name : "Error";
}

/** File and line of the innermost frame that is neither the runtime's nor an assertion's own. */
function placeOf({ stack }: Error): string | undefined {
  if (typeof stack !== "string") return undefined;
  for (const line of stack.split("\n")) {
    const [, file = "", at = ""] = line.trimStart().startsWith("at ") ? (PLACE.exec(line) ?? []) : [];
    if (file === "" || file.replace("(", "").startsWith("node:") || file.endsWith("/integrity/src/assert.ts")) continue;
    // The same wherever the checkout lies.
    const [, within = file.slice(file.lastIndexOf("/") + 1)] = /.*\/packages\/(.+)$/u.exec(file) ?? [];
    return `${within.slice(-64)}:${at}`;
  }
  return undefined;
}
