import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { exampleSecrets, localVariables } from "./scripts/local-environment.ts";

process.env.WRANGLER_SEND_METRICS = "false";
process.env.WRANGLER_SEND_ERROR_REPORTS = "false";
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_HIDE_BANNER = "true";

const node = (name: string, testTimeout = 30_000) => ({
  test: {
    name,
    environment: "node" as const,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    // The Worker logs a line for every event; a passing test has nothing to say.
    silent: "passed-only",
    coverage: { provider: "istanbul", include: ["src/**/*.ts"], reporter: ["text-summary"] },
    // Half of a worker test is waiting: three at once pay even on two cores, where the default would be one.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      node("unit"),
      node("tcx", 120_000),
      node("simulator"),
      node("e2e", 120_000),
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ...localVariables({
                  publicUrl: "http://127.0.0.1:8787",
                  simulatorUrl: "http://127.0.0.1:8788",
                }),
                ...exampleSecrets,
                TEST_MIGRATIONS: await readD1Migrations(join(import.meta.dirname, "migrations")),
              },
              // Hints wait up to a second for company in production; a test has nobody to wait for.
              queueConsumers: {
                "fitglue-fitbit-hints": {
                  maxBatchSize: 20,
                  maxBatchTimeout: 0,
                  maxRetries: 8,
                  deadLetterQueue: "fitglue-fitbit-dead-letters",
                },
              },
              // The simulator runs inside the test's own isolate; what reaches this point was not meant to leave.
              outboundService: (request: Request) =>
                new Response(`blocked outbound ${request.method} ${request.url}`, { status: 599 }),
            },
          })),
        ],
        test: {
          name: "worker",
          setupFiles: ["./test/worker/setup.ts"],
          include: ["test/worker/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
