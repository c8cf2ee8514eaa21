// The arrows between packages and inside them, checked file by file. The compiler and pnpm keep most of them already;
// this says why. Not here: outside libraries, which each package.json lists.

const workspacePackage = "^packages/[^/]+/";
const builtin = { dependencyTypes: ["core"] };

/**
 * @param {string} name
 * @param {readonly string[]} allowed
 */
const mayUse = (name, allowed) => ({
  name: `${name}-direction`,
  comment: `${name} may use only: ${["itself", ...allowed].join(", ")}.`,
  severity: "error",
  from: { path: `^packages/${name}/` },
  to: { path: "^(packages|bench|faults|scripts)/", pathNot: [name, ...allowed].map((one) => `^packages/${one}/`) },
});

export default {
  forbidden: [
    mayUse("integrity", []),
    mayUse("consensus", ["integrity"]),
    mayUse("ledger", ["integrity"]),
    mayUse("sim", ["integrity", "consensus", "ledger"]),
    mayUse("node", ["integrity", "consensus", "ledger"]),
    {
      name: "nobody-imports-bench-faults-or-scripts",
      comment: "Measurements and repository tools are leaves.",
      severity: "error",
      from: { pathNot: "^(bench|faults|scripts)/" },
      to: { path: "^(bench|faults|scripts)/" },
    },
    {
      name: "two-doors",
      comment: "Another package is entered by its index.ts or by testing/index.ts.",
      severity: "error",
      from: { path: "^(packages/[^/]+|bench|faults|scripts)/" },
      to: {
        path: workspacePackage,
        pathNot: ["^$1/", "^packages/[^/]+/src/(testing/)?index\\.ts$"],
      },
    },
    {
      name: "testing-door-is-for-tests",
      comment: "Test equipment stays out of what is shipped; the simulator is test equipment itself.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: ["/src/testing/", "^packages/sim/"] },
      to: { path: "/src/testing/" },
    },
    {
      name: "no-source-imports-test",
      severity: "error",
      from: { path: "/src/" },
      to: { path: "^(packages/[^/]+|bench|faults|scripts)/test/" },
    },
    {
      name: "core-has-no-builtins",
      comment: "Clock, disk, socket and entropy are handed in; nothing is read.",
      severity: "error",
      from: { path: "^packages/(integrity|consensus|ledger)/src/" },
      to: builtin,
    },
    {
      name: "no-circular",
      comment: "Two files that need one another are one file, or want a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|coverage|reports)/" },
    tsConfig: { fileName: "tsconfig.base.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
      extensions: [".ts", ".mjs", ".js", ".cjs", ".json"],
    },
  },
};
