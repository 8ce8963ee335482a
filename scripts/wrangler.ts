// Runs wrangler quietly: no telemetry, no update check, no look-up of the machine's place, so that every local command works
// without a network. It runs under the Node that runs us, because wrangler refuses the Node 20 that a machine may have.

import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The folder that holds wrangler.toml. */
export const projectDirectory = join(import.meta.dirname, "..");

const wranglerDirectory = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
const commandLine = join(wranglerDirectory, "wrangler-dist/cli.js");
const endWithParent = join(import.meta.dirname, "local/end-with-parent.ts");

/** Variables that keep wrangler from asking anything of the network on its own account. */
export const quietEnvironment: Readonly<Record<string, string>> = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  FORCE_COLOR: "0",
};

export interface WranglerOptions {
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `inherit`: the person at the terminal talks to wrangler. `pipe`: its output is ours to read. */
  readonly output: "inherit" | "pipe";
  /** The child leads a process group of its own and ends it when we are gone, however we went. */
  readonly endWithParent?: boolean;
}

/** Starts `wrangler <args>` in the project's folder. */
export function spawnWrangler(args: readonly string[], options: WranglerOptions): ChildProcess {
  const preload = options.endWithParent === true ? ["--import", endWithParent] : [];
  return spawn(process.execPath, ["--no-warnings", ...preload, commandLine, ...args], {
    cwd: projectDirectory,
    env: { ...process.env, ...quietEnvironment, ...options.environment },
    stdio: options.output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
    detached: options.endWithParent === true,
  });
}

export interface WranglerResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a wrangler command to its end and answers what it wrote. */
export async function runWrangler(
  args: readonly string[],
  options: { environment?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<WranglerResult> {
  const child = spawn(process.execPath, ["--no-warnings", commandLine, ...args], {
    cwd: projectDirectory,
    env: { ...process.env, ...quietEnvironment, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {
    // A command that ends without reading its input closes the pipe; its exit code says how it went.
  });
  child.stdin.end(options.input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  return { exitCode, stdout, stderr };
}
