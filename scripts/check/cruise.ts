// Guards dependency-cruiser against passing by seeing nothing, which it does when it cannot read TypeScript.

/** What is wrong with a cruise that reported no violation; undefined if it looked at everything. */
export function cruiseComplaint(output: string, sourceFileCount: number): string | undefined {
  const modules = /\((\d+) modules?, \d+ dependenc/.exec(output)?.[1];
  if (modules === undefined) return "dependency-cruiser did not say how many modules it saw";
  if (Number(modules) === 0) return "dependency-cruiser saw no module";
  if (Number(modules) < sourceFileCount) {
    return `dependency-cruiser saw ${modules} modules, fewer than the ${sourceFileCount} source files`;
  }
  return undefined;
}
