// The whole service on one machine: the simulator of both providers in this process, the Worker in local workerd under `wrangler dev`,
// with real D1, R2, Queues and Durable Objects. `npm start`, `npm run demo` and the end-to-end tests start it here.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../simulator/serve.ts";
import { createSimulator } from "../../simulator/simulator.ts";
import type { ProviderName } from "../../src/kernel/ids.ts";
import { exampleSecrets, localVariables, realProviderVariables } from "../local-environment.ts";
import { projectDirectory, runWrangler } from "../wrangler.ts";
import { requireFreePort, StartError } from "./ports.ts";
import type { OutputLine } from "./worker-output.ts";
import { StartStopped, WorkerProcess } from "./worker-process.ts";

export interface LocalStackOptions {
  readonly port: number;
  readonly simulatorPort: number;
  /** Name of a folder under `.wrangler/`: what this Worker stores. Emptied first unless `keep`. */
  readonly stateName: string;
  readonly keep: boolean;
  /** A `.dev.vars` whose values go before the local ones; null for none. */
  readonly developerVariables: string | null;
  /** Settings by binding name that go before all others, `.dev.vars` too; none by default. */
  readonly settings?: Readonly<Record<string, string>>;
  /** `simulator`: both providers are simulated. A list: these are the real ones, at the addresses of wrangler.toml. */
  readonly providers: "simulator" | readonly ProviderName[];
  /** Gives up starting. A stack that is up is ended by `stop`. */
  readonly signal: AbortSignal;
  readonly onLine: (line: OutputLine) => void;
}

export interface LocalStack {
  readonly url: string;
  /** Null when real providers are used. */
  readonly simulatorUrl: string | null;
  /** Resolves with wrangler's exit code when it ends, whoever ended it. */
  readonly ended: Promise<number>;
  /** Ends every process and waits until they are gone. */
  stop(): Promise<void>;
}

/**
 * Starts simulator and Worker and answers when the Worker answers.
 * @throws StartError with a sentence for people, StartStopped when `signal` says so; nothing is left running then.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  await requireFreePort(options.port, "PORT");
  if (options.providers === "simulator") await requireFreePort(options.simulatorPort, "SIM_PORT");

  const url = `http://127.0.0.1:${options.port}`;
  const stateDirectory = stateDirectoryOf(options.stateName);
  if (!options.keep) rmSync(stateDirectory, { recursive: true, force: true });
  mkdirSync(stateDirectory, { recursive: true });
  const environment = {
    // Without a registry of its own a Worker of the same name, started by another checkout, would answer for this one.
    WRANGLER_REGISTRY_PATH: join(stateDirectory, "registry"),
    WRANGLER_LOG_PATH: join(stateDirectory, "logs"),
    CI: "true",
  };

  const simulator =
    options.providers === "simulator" ? await startSimulator(options.simulatorPort, url) : null;
  let worker: WorkerProcess | null = null;
  try {
    await applyMigrations(stateDirectory, environment);
    if (options.signal.aborted) throw new StartStopped("Stopped before the Worker was started.");
    const variables =
      options.providers === "simulator"
        ? localVariables({ publicUrl: url, simulatorUrl: simulator?.url ?? "" })
        : realProviderVariables({ publicUrl: url, providers: options.providers });
    const ownVariables = writeVariables(stateDirectory, "variables.env", { ...exampleSecrets, ...variables });
    const settings = writeVariables(stateDirectory, "settings.env", options.settings ?? {});
    const running = new WorkerProcess({
      port: options.port,
      stateDirectory,
      variableFiles: [ownVariables, options.developerVariables, settings].filter((file) => file !== null),
      environment,
      onLine: options.onLine,
    });
    worker = running;
    await running.waitUntilReady(options.signal);
    let stopping: Promise<void> | null = null;
    return {
      url,
      simulatorUrl: simulator?.url ?? null,
      ended: running.ended,
      stop: () => {
        stopping ??= running.stop().then(() => simulator?.close());
        return stopping;
      },
    };
  } catch (error) {
    await worker?.stop();
    await simulator?.close();
    throw error;
  }
}

/** Removes what a Worker stored under this name. */
export function removeState(stateName: string): void {
  rmSync(stateDirectoryOf(stateName), { recursive: true, force: true });
}

function stateDirectoryOf(stateName: string): string {
  return join(projectDirectory, ".wrangler", stateName);
}

async function startSimulator(
  port: number,
  workerUrl: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const simulator = createSimulator({
    url: `http://127.0.0.1:${port}`,
    fitbit: {
      clientId: exampleSecrets.FITBIT_CLIENT_ID,
      clientSecret: exampleSecrets.FITBIT_CLIENT_SECRET,
      subscriberUrl: `${workerUrl}/webhooks/fitbit`,
      verificationCode: exampleSecrets.FITBIT_VERIFICATION_CODE,
      requireContentLength: true,
      redirectUris: [`${workerUrl}/oauth/fitbit/callback`],
    },
    google: {
      clientId: exampleSecrets.GOOGLE_CLIENT_ID,
      clientSecret: exampleSecrets.GOOGLE_CLIENT_SECRET,
      subscriberUrl: `${workerUrl}/webhooks/google-health`,
      webhookSecret: exampleSecrets.GOOGLE_WEBHOOK_SECRETS,
      redirectUris: [`${workerUrl}/oauth/google-health/callback`],
    },
  });
  return await serve((request) => simulator.fetch(request), port);
}

async function applyMigrations(stateDirectory: string, environment: Record<string, string>): Promise<void> {
  const command = ["d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDirectory];
  const result = await runWrangler(command, { environment });
  if (result.exitCode !== 0) {
    throw new StartError(`The migrations could not be applied:\n${result.stdout}${result.stderr}`);
  }
}

/** Variables go to wrangler as a file of the state folder: nothing is written into the checkout, nothing shows in `ps`. */
function writeVariables(
  stateDirectory: string,
  fileName: string,
  variables: Readonly<Record<string, string>>,
): string {
  const path = join(stateDirectory, fileName);
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path, lines.join(""), { mode: 0o600 });
  return path;
}
