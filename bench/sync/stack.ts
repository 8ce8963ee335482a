// The whole service for one benchmark: the simulator in this process, the Worker in workerd with real D1, R2, queues and
// Durable Objects, everything in memory. People connect here as they do in the demo, through the pages.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, createAccount } from "../../scripts/demo/connecting.ts";
import { HttpClient } from "../../scripts/demo/http-client.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { exampleSecrets, localApiKey, localVariables } from "../../scripts/local-environment.ts";
import { projectDirectory } from "../../scripts/wrangler.ts";
import { serve } from "../../simulator/serve.ts";
import { createSimulator } from "../../simulator/simulator.ts";
import { type LocalDatabase, startWorkerd } from "../webhook/local-workerd.ts";
import { bundleMeasuringWorker } from "./bundle.ts";

export interface SyncStack {
  readonly worker: HttpClient;
  /** The Worker's own address, for the figures. */
  readonly url: string;
  readonly simulator: HttpClient;
  /** Makes an account with a wearable and connects it; answers when its first sync is done. */
  connectAccount(userId: string): Promise<string>;
  stop(): Promise<void>;
}

const workerName = "measured";
const firstSyncWithinMilliseconds = 20_000;

export async function startSyncStack(): Promise<SyncStack> {
  const script = await bundleMeasuringWorker();
  // The redirect address is part of the grant, so the Worker's port is known before it listens.
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const simulator = await startSimulator(url);
  try {
    const variables = localVariables({ publicUrl: url, simulatorUrl: simulator.url });
    const workerd = await startWorkerd([
      { name: workerName, port, script, options: workerOptions({ ...exampleSecrets, ...variables }) },
    ]);
    try {
      await applyMigrations(await workerd.database(workerName, "DB"));
    } catch (error) {
      await workerd.stop();
      throw error;
    }
    const clients = { worker: new HttpClient(url, localApiKey), simulator: new HttpClient(simulator.url) };
    return {
      ...clients,
      url,
      connectAccount: (userId) => connectAccount(clients, userId),
      stop: async () => {
        await workerd.stop();
        await simulator.close();
      },
    };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

/** wrangler.toml's bindings and queue settings. */
function workerOptions(bindings: Readonly<Record<string, string>>): Record<string, unknown> {
  const deadLetterQueue = "fitglue-fitbit-dead-letters";
  return {
    bindings,
    d1Databases: ["DB"],
    r2Buckets: ["DOCUMENTS"],
    durableObjects: { ACCOUNT_SYNC: { className: "AccountSync", useSQLite: true } },
    queueProducers: {
      HINTS: { queueName: "fitglue-fitbit-hints" },
      SYNC: { queueName: "fitglue-fitbit-sync" },
    },
    queueConsumers: {
      "fitglue-fitbit-hints": { maxBatchSize: 20, maxBatchTimeout: 1, maxRetries: 8, deadLetterQueue },
      "fitglue-fitbit-sync": { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 8, deadLetterQueue },
    },
  };
}

async function startSimulator(workerUrl: string): Promise<{ url: string; close(): Promise<void> }> {
  const port = await findFreePort();
  const simulator = createSimulator({
    url: `http://127.0.0.1:${port}`,
    fitbit: {
      clientId: exampleSecrets.FITBIT_CLIENT_ID,
      clientSecret: exampleSecrets.FITBIT_CLIENT_SECRET,
      subscriberUrl: `${workerUrl}/webhooks/fitbit`,
      verificationCode: exampleSecrets.FITBIT_VERIFICATION_CODE,
      redirectUris: [`${workerUrl}/oauth/fitbit/callback`],
    },
  });
  return await serve((request) => simulator.fetch(request), port);
}

async function applyMigrations(database: LocalDatabase): Promise<void> {
  const folder = join(projectDirectory, "migrations");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  for (const name of names) {
    const sql = await readFile(join(folder, name), "utf8");
    for (const statement of sql.split("--> statement-breakpoint")) await database.prepare(statement).run();
  }
}

async function connectAccount(
  clients: { worker: HttpClient; simulator: HttpClient },
  userId: string,
): Promise<string> {
  const providerUserId = await createAccount(clients.simulator, "fitbit", {
    timezone: "Europe/Berlin",
  });
  const { connectionId } = await connect(clients.worker, { userId, providerUserId, provider: "fitbit" });
  const deadline = Date.now() + firstSyncWithinMilliseconds;
  while (Date.now() < deadline) {
    const connection = await clients.worker.get<{ lastSyncedAt?: string | null }>(
      `/v1/connections/${connectionId}`,
    );
    if (typeof connection.lastSyncedAt === "string") return providerUserId;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the first sync of ${userId} did not end`);
}
