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

const contestants = { ours: 8, floor: 16, txml: 2, "fast-xml-parser": 1 } as const;
const budgetSeconds = 12;
const environment = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
};

/** Measures in workerd for each of the given lengths of recording, in hours. */
export async function measureInWorkerd(
  hours: readonly number[],
  rounds: number,
): Promise<Map<number, WorkerdReadings>> {
  const script = await bundle();
  // Miniflare comes with wrangler, as the version that knows wrangler's workerd.
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
  try {
    const address: URL = await miniflare.unsafeGetDirectURL("tcx-benchmark");
    const readings = new Map<number, WorkerdReadings>();
    for (const length of hours) readings.set(length, await measure(address, length, rounds));
    return readings;
  } finally {
    await miniflare.dispose();
  }
}

async function measure(address: URL, hours: number, rounds: number): Promise<WorkerdReadings> {
  const ask = async (query: string) => (await fetch(new URL(`/?hours=${hours}&${query}`, address))).text();
  const hashes: Record<string, string> = {};
  for (const name of Object.keys(contestants)) hashes[name] = await ask(`parser=${name}&times=3&hash`);
  const readings: Record<string, number[]> = {};
  const begin = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= 3 && performance.now() - begin > budgetSeconds * 1_000) break;
    for (const [name, times] of Object.entries(contestants)) {
      const repeated = hours > 2 ? Math.max(1, times / 4) : times;
      const start = performance.now();
      await ask(`parser=${name}&times=${repeated}`);
      readings[name] ??= [];
      readings[name].push((performance.now() - start) / repeated);
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
