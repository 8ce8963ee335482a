// Runs the bench Worker in workerd, on workerd's own socket: through a development proxy one would measure the proxy.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { median } from "../report.ts";

export interface WorkerdReadings {
  /** Median milliseconds of one run, by contestant. */
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly hashes: Readonly<Record<string, string>>;
}

/** How often a contestant runs in one request at one hour; a quarter of it at ten. */
const runsPerRequest: Readonly<Record<string, number>> = {
  ours: 8,
  floor: 16,
  txml: 2,
  "fast-xml-parser": 1,
};
const budgetSeconds = 12;
const environment = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
};

interface Isolate {
  readonly contestant: string;
  readonly address: URL;
  dispose(): Promise<void>;
}

/**
 * Measures in workerd for each of the given lengths of recording, in hours. Each contestant has an isolate of its own,
 * as it would in production: in a shared one, a decoding pays for collecting the trees of the others.
 */
export async function measureInWorkerd(
  hours: readonly number[],
  rounds: number,
): Promise<Map<number, WorkerdReadings>> {
  const script = await bundle();
  const isolates: Isolate[] = [];
  try {
    for (const contestant of Object.keys(runsPerRequest))
      isolates.push(await startIsolate(contestant, script));
    const readings = new Map<number, WorkerdReadings>();
    for (const length of hours) readings.set(length, await measure(isolates, length, rounds));
    return readings;
  } finally {
    await Promise.all(isolates.map((isolate) => isolate.dispose()));
  }
}

async function startIsolate(contestant: string, script: string): Promise<Isolate> {
  // Miniflare comes with wrangler, in the version that knows wrangler's workerd.
  const wranglerRequire = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
  const { Miniflare, convertV4MiniflareOptions } = await import(
    pathToFileURL(wranglerRequire.resolve("miniflare")).href
  );
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "tcx-benchmark",
      modules: [{ type: "ESModule", path: "worker.js", contents: script }],
      compatibilityDate: "2026-10-20",
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    }),
  );
  return {
    contestant,
    address: await miniflare.unsafeGetDirectURL("tcx-benchmark"),
    dispose: () => miniflare.dispose(),
  };
}

async function measure(
  isolates: readonly Isolate[],
  hours: number,
  rounds: number,
): Promise<WorkerdReadings> {
  const ask = async ({ contestant, address }: Isolate, query: string) => {
    const answer = await fetch(new URL(`/?parser=${contestant}&hours=${hours}&${query}`, address));
    return answer.text();
  };
  const hashes: Record<string, string> = {};
  for (const isolate of isolates) hashes[isolate.contestant] = await ask(isolate, "times=3&hash");
  const readings: Record<string, number[]> = {};
  const begin = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= 3 && performance.now() - begin > budgetSeconds * 1_000) break;
    for (const isolate of isolates) {
      const atOneHour = runsPerRequest[isolate.contestant] ?? 1;
      const times = hours > 2 ? Math.max(1, atOneHour / 4) : atOneHour;
      const start = performance.now();
      await ask(isolate, `times=${times}`);
      readings[isolate.contestant] ??= [];
      readings[isolate.contestant]?.push((performance.now() - start) / times);
    }
  }
  const milliseconds = Object.fromEntries(
    Object.entries(readings).map(([name, values]) => [name, median(values)]),
  );
  return { milliseconds, hashes };
}

/** The bench Worker as wrangler would deploy it. */
async function bundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tcx-benchmark-"));
  try {
    const wrangler = createRequire(import.meta.url).resolve("wrangler/package.json");
    const config = join(import.meta.dirname, "wrangler.toml");
    const options = ["deploy", "--dry-run", "--outdir", folder, "--config", config];
    await promisify(execFile)(process.execPath, [join(dirname(wrangler), "bin/wrangler.js"), ...options], {
      env: environment,
    });
    return await readFile(join(folder, "worker.js"), "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
