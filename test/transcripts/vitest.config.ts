import { defineConfig } from "vitest/config";

const conditions = ["@kubepass/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ["test/transcripts/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 300_000 },
});
