// The Worker in local workerd: `wrangler dev` as a child that leads a process group of its own, followed line by line, asked
// until it answers, and ended with everything that it started.

import type { ChildProcess } from "node:child_process";
import { spawnWrangler } from "../wrangler.ts";
import { StartError } from "./ports.ts";
import { LineSplitter, type OutputLine, readOutputLine } from "./worker-output.ts";

/** Somebody asked to stop while it was starting. */
export class StartStopped extends Error {
  override readonly name = "StartStopped";
}

const readyWithinMilliseconds = 60_000;
const stopWithinMilliseconds = 5_000;
const linesKept = 40;

export interface WorkerProcessOptions {
  readonly port: number;
  readonly stateDirectory: string;
  /** Files of variables, the later before the earlier. */
  readonly variableFiles: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: OutputLine) => void;
}

export class WorkerProcess {
  /** Resolves with wrangler's exit code when it ends, whoever ended it. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #recent: string[] = [];
  #exitCode: number | null = null;
  /** wrangler does not end when the Worker cannot be built: it waits for somebody to mend the source. */
  #buildFailed = false;

  constructor(options: WorkerProcessOptions) {
    this.#url = `http://127.0.0.1:${options.port}`;
    this.#child = spawnWrangler(
      [
        "dev",
        ...["--port", String(options.port), "--ip", "127.0.0.1"],
        ...["--persist-to", options.stateDirectory],
        ...options.variableFiles.flatMap((file) => ["--env-file", file]),
        "--show-interactive-dev-session=false",
      ],
      { environment: options.environment, output: "pipe", endWithParent: true },
    );
    this.#follow(options.onLine);
    this.ended = new Promise((resolve) => {
      this.#child.on("error", () => resolve(1));
      this.#child.on("exit", (code) => resolve(code ?? 1));
    });
    void this.ended.then((code) => {
      this.#exitCode = code;
    });
  }

  /**
   * Resolves when `/healthz` answers.
   * @throws StartError with wrangler's last lines when it does not, StartStopped when `signal` says so.
   */
  async waitUntilReady(signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + readyWithinMilliseconds;
    while (Date.now() < deadline) {
      if (signal.aborted) throw new StartStopped("Stopped before the Worker was ready.");
      if (this.#exitCode !== null)
        this.#fail(`The Worker did not start: wrangler ended with ${this.#exitCode}.`);
      if (this.#buildFailed) this.#fail("The Worker could not be built.");
      const answer = await askHealth(this.#url);
      if (answer?.status === 200) return;
      if (answer?.status === 503)
        throw new StartError(`The Worker runs but is not configured: ${answer.body}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.#fail(
      `The Worker did not answer ${this.#url}/healthz within ${readyWithinMilliseconds / 1000} seconds.`,
    );
  }

  /** Asks the process group to end, and makes it after a while; wrangler and workerd are both in it. */
  async stop(): Promise<void> {
    if (this.#child.pid === undefined) return;
    const group = -this.#child.pid;
    if (this.#exitCode === null) {
      sendSignal(group, "SIGTERM");
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        this.ended,
        new Promise((resolve) => {
          timer = setTimeout(resolve, stopWithinMilliseconds);
        }),
      ]);
      clearTimeout(timer);
    }
    sendSignal(group, "SIGKILL");
  }

  #follow(onLine: (line: OutputLine) => void): void {
    const emit = (lines: readonly string[]) => {
      for (const text of lines) {
        if (text.trim() === "") continue;
        const line = readOutputLine(text, new Date());
        if (/Build failed with/.test(line.text)) this.#buildFailed = true;
        this.#recent.push(line.text);
        if (this.#recent.length > linesKept) this.#recent.shift();
        onLine(line);
      }
    };
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const splitter = new LineSplitter();
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => emit(splitter.push(text)));
      stream?.on("end", () => emit(splitter.flush()));
    }
  }

  #fail(sentence: string): never {
    throw new StartError(`${sentence}\nThe last lines of wrangler:\n${this.#recent.join("\n")}`);
  }
}

async function askHealth(url: string): Promise<{ status: number; body: string } | null> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    return { status: response.status, body: await response.text() };
  } catch {
    // It does not listen yet.
    return null;
  }
}

function sendSignal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // ESRCH: nobody of the group is left, which is what was asked for.
  }
}
