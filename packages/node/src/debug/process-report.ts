// Node's own diagnostic report of this process, without what may hold secrets or names of other machines: environment,
// command line, open sockets. For the bundle of a support case.

/** Sections that say how the process is, and nothing of what it holds. */
const KEPT_SECTIONS = [
  "header",
  "javascriptStack",
  "javascriptHeap",
  "resourceUsage",
  "uvthreadResourceUsage",
  "workers",
];
/** Of the header: where and as whom it runs is not kept. */
const DROPPED_FIELDS: ReadonlySet<string> = new Set([
  "commandLine",
  "cwd",
  "host",
  "networkInterfaces",
  "environmentVariables",
  "localEndpoint",
  "remoteEndpoint",
]);

export async function processReport(): Promise<object> {
  // Names of other hosts would be looked up, and wait for.
  Reflect.set(process.report, "excludeNetwork", true);
  const report: unknown = process.report.getReport();
  if (typeof report !== "object" || report === null) return {};
  const kept = Object.entries(report).filter(([name]) => KEPT_SECTIONS.includes(name));
  return Object.fromEntries(kept.map(([name, section]) => [name, withoutPlaces(section)]));
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !DROPPED_FIELDS.has(name))
      .map(([name, inner]) => [name, withoutPlaces(inner)]),
  );
}
