// The service as a person starts it: `scripts/start.ts` as a process of its own, on free ports, followed by its output. It also
// knows every process that the start has caused, so that a test can say that none of them is left.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { removeState } from "../../scripts/local/local-stack.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { projectDirectory } from "../../scripts/wrangler.ts";

export interface StartOptions {
  readonly port?: number;
  readonly simulatorPort?: number;
  readonly args?: readonly string[];
  /** Start it as npm does: `npm start`, a shell, node. */
  readonly throughNpm?: boolean;
  /** Settings besides the ports, as `BACKFILL_DAYS=30 npm start` gives them. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class Service {
  readonly port: number;
  readonly simulatorPort: number;
  readonly process: ChildProcess;
  readonly ended: Promise<number>;
  output = "";

  private constructor(port: number, simulatorPort: number, child: ChildProcess) {
    this.port = port;
    this.simulatorPort = simulatorPort;
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get simulatorUrl(): string {
    return `http://127.0.0.1:${this.simulatorPort}`;
  }

  /** Starts it without waiting for anything. */
  static async launch(options: StartOptions = {}): Promise<Service> {
    const port = options.port ?? (await findFreePort());
    const simulatorPort = options.simulatorPort ?? (await findFreePort());
    const args = options.args ?? [];
    const [command, parameters] =
      options.throughNpm === true
        ? ["npm", ["start", "--", ...args]]
        : [process.execPath, [join(projectDirectory, "scripts/start.ts"), ...args]];
    const child = spawn(command, parameters, {
      cwd: projectDirectory,
      env: { ...process.env, ...options.environment, PORT: String(port), SIM_PORT: String(simulatorPort) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Service(port, simulatorPort, child);
  }

  /** Starts it and waits for the line that says that it answers. */
  static async start(options: StartOptions = {}): Promise<Service> {
    const service = await Service.launch(options);
    const deadline = Date.now() + 60_000;
    let exited = false;
    void service.ended.then(() => {
      exited = true;
    });
    while (!service.output.includes(`ready ${service.url}\n`)) {
      if (exited || Date.now() > deadline) throw new Error(`It did not start:\n${service.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return service;
  }

  /** Every process that this one has caused, itself included. */
  descendants(): number[] {
    const listing = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
    const children = Map.groupBy(
      listing
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number)),
      ([, parent]) => parent,
    );
    const found: number[] = this.process.pid === undefined ? [] : [this.process.pid];
    for (let index = 0; index < found.length; index++) {
      for (const [pid] of children.get(found[index]) ?? []) if (pid !== undefined) found.push(pid);
    }
    return found;
  }

  /** Ends it, as Ctrl-C does unless told otherwise, waits, and removes what it stored unless `keepState`. Answers the exit code. */
  async stop(options: { keepState?: boolean; signal?: NodeJS.Signals } = {}): Promise<number> {
    this.process.kill(options.signal ?? "SIGINT");
    const code = await this.ended;
    if (options.keepState !== true) removeState(`start-${this.port}`);
    return code;
  }
}

/** Which of these processes are alive after they have had some seconds to end. */
export async function survivors(pids: readonly number[]): Promise<number[]> {
  const deadline = Date.now() + 8_000;
  for (;;) {
    const alive = pids.filter(isAlive);
    if (alive.length === 0 || Date.now() > deadline) return alive;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // A process that ended and was not collected yet is a name in a table, not a process.
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .startsWith("Z");
  } catch {
    return false;
  }
}
