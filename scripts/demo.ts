// `npm run demo`: the main job at both providers and the way over from one to the other, headless, on free ports and with a store
// of its own that is removed at the end. Exit 0 when every activity came out of the feed as it was recorded; otherwise 1 and what
// was missing.

import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { HttpClient } from "./demo/http-client.ts";
import { runMonth } from "./demo/month.ts";
import { runTcxFolder } from "./demo/tcx-folder.ts";
import { runWayOver } from "./demo/way-over.ts";
import { removeState, startLocalStack } from "./local/local-stack.ts";
import { findFreePort, StartError } from "./local/ports.ts";
import { localApiKey } from "./local-environment.ts";

const usage = `npm run demo -- [--tcx DIR] [--verbose]

  --tcx DIR   send every TCX file of DIR through instead, and compare what comes out with the file
  --verbose   show what the Worker logs and wrangler prints`;

const output: string[] = [];

async function main(): Promise<number> {
  const options = readArguments();
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());

  const started = Date.now();
  const stateName = `demo-${process.pid}`;
  process.on("exit", () => removeState(stateName));
  const stack = await startLocalStack({
    port: await findFreePort(),
    simulatorPort: await findFreePort(),
    stateName,
    keep: false,
    developerVariables: null,
    providers: "simulator",
    signal: stopping.signal,
    onLine: (line) => {
      if (line.kind !== "noise") output.push(line.text);
      if (options.verbose) console.log(line.text);
    },
  });
  try {
    const simulatorUrl = stack.simulatorUrl;
    if (simulatorUrl === null) throw new StartError("The demo needs the simulator.");
    console.log(
      `ready         ${stack.url}, simulator ${simulatorUrl}, ${((Date.now() - started) / 1000).toFixed(1)} s`,
    );
    const worker = new HttpClient(stack.url, localApiKey);
    const simulator = new HttpClient(simulatorUrl);
    const story =
      options.tcx === undefined
        ? runStories(worker, simulator)
        : runTcxFolder(options.tcx, worker, simulator, console.log);
    const problems = await Promise.race([story, whenStopped(stopping.signal), stack.ended.then(workerEnded)]);
    return report(problems);
  } finally {
    await stack.stop();
  }
}

/** Both providers one after the other, then the way from the one to the other. */
async function runStories(worker: HttpClient, simulator: HttpClient): Promise<string[]> {
  const problems: string[] = [];
  const heading = (text: string) => console.log(`\n${text}\n${"=".repeat(text.length)}\n`);
  heading("Fitbit");
  problems.push(...(await runMonth(worker, simulator, "fitbit", console.log)));
  heading("Google Health");
  problems.push(...(await runMonth(worker, simulator, "google-health", console.log)));
  heading("From Fitbit to Google Health");
  problems.push(...(await runWayOver(worker, simulator, console.log)));
  return problems;
}

function report(problems: readonly string[]): number {
  if (problems.length === 0) {
    console.log("\nEverything arrived as it was recorded.");
    return 0;
  }
  console.error(`\nThe demo failed:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
  console.error(`\nThe last lines of the Worker:\n${output.slice(-30).join("\n")}`);
  return 1;
}

function readArguments(): { tcx: string | undefined; verbose: boolean; help: boolean } {
  const { values } = parseArgs({
    options: {
      tcx: { type: "string" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.tcx === undefined) return { ...values, tcx: undefined };
  // npm runs scripts in the project's folder and keeps where the person stands in INIT_CWD.
  const directory = resolve(process.env.INIT_CWD ?? ".", values.tcx);
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new StartError(`--tcx ${values.tcx} is not a folder.`);
  }
  return { ...values, tcx: directory };
}

async function whenStopped(signal: AbortSignal): Promise<string[]> {
  await new Promise((end) => signal.addEventListener("abort", end, { once: true }));
  return ["it was stopped"];
}

function workerEnded(exitCode: number): string[] {
  return [`the Worker ended by itself (code ${exitCode})`];
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? `The demo failed: ${error.message}` : error);
  if (output.length > 0) console.error(`\nThe last lines of the Worker:\n${output.slice(-30).join("\n")}`);
  process.exit(1);
}
