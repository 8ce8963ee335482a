// The whole service on one machine: the provider simulator in this process, the Worker in local workerd under `wrangler dev`,
// with real D1, R2, Queues and Durable Objects. `npm start`, `npm run demo` and the end-to-end tests start it here.

import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../simulator/serve.ts";
import { createSimulator } from "../../simulator/simulator.ts";
import { exampleSecrets, localVariables, realProviderVariables } from "../local-environment.ts";
import { projectDirectory, runWrangler, spawnWrangler } from "../wrangler.ts";
import { requireFreePort, StartError } from "./ports.ts";
import { LineSplitter, type OutputLine, readOutputLine } from "./worker-output.ts";

/** Somebody asked to stop while it was starting. Everything that had been started is ended. */
export class StartStopped extends Error {
  override readonly name = "StartStopped";
}

export interface LocalStackOptions {
  readonly port: number;
  readonly simulatorPort: number;
  /** Name of a folder under `.wrangler/`: what this Worker stores. Emptied first unless `keep`. */
  readonly stateName: string;
  readonly keep: boolean;
  /** A `.dev.vars` whose values go before the local ones; null for none. */
  readonly developerVariables: string | null;
  /** `simulator`: the provider is simulated. `real`: the addresses of wrangler.toml count. */
  readonly provider: "simulator" | "real";
  /** Gives up starting. A stack that is up is ended by `stop`. */
  readonly signal: AbortSignal;
  readonly onLine: (line: OutputLine) => void;
}

export interface LocalStack {
  readonly url: string;
  /** Null when the real providers are used. */
  readonly simulatorUrl: string | null;
  readonly stateDirectory: string;
  /** Resolves with wrangler's exit code when it ends, whoever ended it. */
  readonly ended: Promise<number>;
  /** Ends every process and waits until they are gone. */
  stop(): Promise<void>;
}

const readyWithinMilliseconds = 60_000;
const stopWithinMilliseconds = 5_000;

/**
 * Starts simulator and Worker and answers when the Worker answers.
 * @throws StartError with a sentence for people; nothing is left running then.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  await requireFreePort(options.port, "PORT");
  if (options.provider === "simulator") await requireFreePort(options.simulatorPort, "SIM_PORT");

  const url = `http://127.0.0.1:${options.port}`;
  const stateDirectory = join(projectDirectory, ".wrangler", options.stateName);
  if (!options.keep) rmSync(stateDirectory, { recursive: true, force: true });
  mkdirSync(stateDirectory, { recursive: true });
  const environment = {
    // Without a registry of its own a Worker of the same name, started by another checkout, would answer for this one.
    WRANGLER_REGISTRY_PATH: join(stateDirectory, "registry"),
    WRANGLER_LOG_PATH: join(stateDirectory, "logs"),
    CI: "true",
  };

  const simulator =
    options.provider === "simulator" ? await startSimulator(options.simulatorPort, url) : null;
  const recent: string[] = [];
  try {
    await applyMigrations(stateDirectory, environment);
    requireNotStopped(options.signal);
    const variables =
      simulator === null
        ? realProviderVariables({ publicUrl: url })
        : localVariables({ publicUrl: url, simulatorUrl: simulator.url });
    const child = spawnWrangler(
      [
        "dev",
        ...["--port", String(options.port), "--ip", "127.0.0.1"],
        ...["--persist-to", stateDirectory],
        ...["--env-file", writeVariables(stateDirectory, { ...exampleSecrets, ...variables })],
        ...(options.developerVariables === null ? [] : ["--env-file", options.developerVariables]),
        "--show-interactive-dev-session=false",
      ],
      { environment, output: "pipe", endWithParent: true },
    );
    const ended = followChild(child, (line) => {
      recent.push(line.text);
      if (recent.length > 200) recent.shift();
      options.onLine(line);
    });
    let stopping: Promise<void> | null = null;
    const stop = (): Promise<void> => {
      stopping ??= endChild(child, ended).then(() => simulator?.close());
      return stopping;
    };
    try {
      await waitUntilReady(url, ended, options.signal);
    } catch (error) {
      await stop();
      throw error;
    }
    return { url, simulatorUrl: simulator?.url ?? null, stateDirectory, ended, stop };
  } catch (error) {
    await simulator?.close();
    if (error instanceof StartError && recent.length > 0) {
      throw new StartError(`${error.message}\nThe last lines of wrangler:\n${recent.slice(-40).join("\n")}`);
    }
    throw error;
  }
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
      redirectUris: [`${workerUrl}/oauth/fitbit/callback`],
    },
  });
  return await serve((request) => simulator.fetch(request), port);
}

async function applyMigrations(stateDirectory: string, environment: Record<string, string>): Promise<void> {
  const result = await runWrangler(
    ["d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDirectory],
    {
      environment,
    },
  );
  if (result.exitCode !== 0) {
    throw new StartError(`The migrations could not be applied:\n${result.stdout}${result.stderr}`);
  }
}

/** Variables go to wrangler as a file of the state folder: nothing is written into the checkout, nothing shows in `ps`. */
function writeVariables(stateDirectory: string, variables: Readonly<Record<string, string>>): string {
  const path = join(stateDirectory, "variables.env");
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path, lines.join(""));
  chmodSync(path, 0o600);
  return path;
}

function followChild(child: ChildProcess, onLine: (line: OutputLine) => void): Promise<number> {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    const splitter = new LineSplitter();
    const emit = (lines: string[]) => {
      for (const line of lines) if (line.trim() !== "") onLine(readOutputLine(line, new Date()));
    };
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => emit(splitter.push(text)));
    stream.on("end", () => emit(splitter.flush()));
  }
  return new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

async function waitUntilReady(url: string, ended: Promise<number>, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + readyWithinMilliseconds;
  let exitCode: number | null = null;
  void ended.then((code) => {
    exitCode = code;
  });
  while (Date.now() < deadline) {
    requireNotStopped(signal);
    if (exitCode !== null)
      throw new StartError(`The Worker did not start: wrangler ended with code ${exitCode}.`);
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
      const body = await response.text();
      if (response.ok) return;
      if (response.status === 503) throw new StartError(`The Worker runs but is not configured: ${body}`);
    } catch (error) {
      if (error instanceof StartError) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new StartError(
    `The Worker did not answer ${url}/healthz within ${readyWithinMilliseconds / 1000} seconds.`,
  );
}

function requireNotStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new StartStopped("Stopped before it was ready.");
}

/** Asks the child's process group to end, and makes it after a while; wrangler and workerd are both in it. */
async function endChild(child: ChildProcess, ended: Promise<number>): Promise<void> {
  if (child.pid === undefined) return;
  const group = -child.pid;
  if (child.exitCode === null && child.signalCode === null) {
    sendSignal(group, "SIGTERM");
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      ended,
      new Promise((resolve) => {
        timer = setTimeout(resolve, stopWithinMilliseconds);
      }),
    ]);
    clearTimeout(timer);
  }
  sendSignal(group, "SIGKILL");
}

function sendSignal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // ESRCH: nobody of the group is left, which is what was asked for.
  }
}

/** Removes what a Worker stored. */
export function removeState(stateDirectory: string): void {
  if (existsSync(stateDirectory)) rmSync(stateDirectory, { recursive: true, force: true });
}
