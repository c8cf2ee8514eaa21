import { defineConfig } from "vitest/config";

// Every branch of the two packages that everything rests on; most of the rest.
const everything = { statements: 100, branches: 100, functions: 100, lines: 100 };
const most = { statements: 85, branches: 85, functions: 85, lines: 85 };

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "scripts/test/**/*.test.ts", "bench/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      reporter: ["text-summary", "html"],
      thresholds: {
        "packages/integrity/src/**": everything,
        "packages/consensus/src/**": everything,
        "packages/{ledger,sim,node}/src/**": most,
      },
    },
  },
});
