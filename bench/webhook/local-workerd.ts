// Workers in local workerd, each on a socket of its own. Miniflare's entry and `wrangler dev` put a proxy in front of the
// Worker that costs several times what the Worker does; a benchmark that went through it would measure the proxy.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runWrangler } from "../../scripts/wrangler.ts";

/** One Worker, with the options that Miniflare 4 had and Miniflare 5 still takes through its converter. */
export interface LocalWorker {
  readonly name: string;
  /** A module that imports nothing outside itself and the runtime. */
  readonly script: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Zero, the default, is any free port. */
  readonly port?: number;
}

export interface LocalWorkerd {
  /** The address of workerd's own socket for that Worker. */
  address(name: string): Promise<URL>;
  database(worker: string, binding: string): Promise<LocalDatabase>;
  /** Ends workerd. */
  stop(): Promise<void>;
}

export interface LocalDatabase {
  prepare(sql: string): { run(): Promise<unknown> };
}

interface MiniflareInstance {
  unsafeGetDirectURL(worker: string): Promise<URL>;
  getD1Database(binding: string, worker: string): Promise<LocalDatabase>;
  dispose(): Promise<void>;
}

interface MiniflareModule {
  readonly Miniflare: new (options: unknown) => MiniflareInstance;
  convertV4MiniflareOptions(options: unknown): unknown;
}

/** wrangler.toml's: one that the pinned workerd accepts. */
const compatibilityDate = "2026-10-20";

/** Starts the Workers in one process. It listens on loopback, keeps everything in memory, and says nothing. */
export async function startWorkerd(workers: readonly LocalWorker[]): Promise<LocalWorkerd> {
  const { Miniflare, convertV4MiniflareOptions } = await loadMiniflare();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      cf: false,
      telemetry: { enabled: false },
      // What the Workers log would stand between the lines that a program reads from standard output.
      handleStructuredLogs: ({ level, message }: { level: string; message: string }) => {
        if (level === "error") console.error(message);
      },
      workers: workers.map(({ name, script, options, port }) => ({
        name,
        modules: [{ type: "ESModule", path: `${name}.js`, contents: script }],
        compatibilityDate,
        unsafeDirectSockets: [{ host: "127.0.0.1", port: port ?? 0 }],
        ...options,
      })),
    }),
  );
  return {
    address: (name) => miniflare.unsafeGetDirectURL(name),
    database: (worker, binding) => miniflare.getD1Database(binding, worker),
    stop: () => miniflare.dispose(),
  };
}

/** Miniflare comes with wrangler, in the version that knows wrangler's workerd. */
async function loadMiniflare(): Promise<MiniflareModule> {
  const path = requireOfWrangler().resolve("miniflare");
  return (await import(pathToFileURL(path).href)) as MiniflareModule;
}

/** Finds what wrangler itself depends on, wherever npm has put it. */
export function requireOfWrangler(): NodeJS.Require {
  return createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
}

/** The bundle of the Worker that `config` describes, byte for byte what `wrangler deploy` would send. */
export async function bundleWithWrangler(config: string, output: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fitglue-benchmark-"));
  try {
    const options = ["deploy", "--dry-run", "--outdir", folder, "--config", config];
    const result = await runWrangler(options, { environment: { CI: "true" } });
    if (result.exitCode !== 0) throw new Error(`wrangler could not bundle ${config}:\n${result.stderr}`);
    return await readFile(join(folder, output), "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
