import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const conditions = ["@kubepass/source"];

/** By name, and the search for secrets last: it looks through what all the others left. */
class CanaryLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): string => `${file.moduleId.includes("canary") ? 1 : 0}${file.moduleId}`;
    return files.toSorted((one, other) => rank(one).localeCompare(rank(other)));
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  // Where the global setup is loaded.
  environments: { __vitest__: { resolve: { conditions, externalConditions: conditions } } },
  test: {
    include: ["test/system/**/*.test.ts"],
    globalSetup: ["test/system/global-setup.ts"],
    setupFiles: ["test/system/test-support/show-logs.ts"],
    // One cluster and one issuer for all: a second worker would only take the processor from them.
    pool: "forks",
    fileParallelism: false,
    sequence: { sequencer: CanaryLast },
    // No test is timed: these only end what hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
