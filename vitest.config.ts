import { defineConfig } from "vitest/config";

const conditions = ["@kubepass/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "test/program/**/*.test.ts", "test/transcripts/**/*.test.ts"],
    // No test is timed: these only end what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: more workers than cores make the timing-sensitive protocol tests wait on each other.
    maxWorkers: 2,
  },
});
