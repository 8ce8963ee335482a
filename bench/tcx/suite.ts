// The TCX benchmark: Fitbit-shaped recordings of 1, 3 and 10 hours and of 68 MB; our decoder, the parsers one would
// take instead, and a bare search as the floor. What they read is compared first; a difference ends the benchmark.

import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type Contestant, medianMilliseconds, rounded, type Suite, table } from "../report.ts";
import { type Columns, columnsHash } from "./columns.ts";
import {
  type BenchFile,
  countTrackpoints,
  decodeWithFastXmlParser,
  decodeWithOurs,
  decodeWithTxml,
} from "./contestants.ts";
import { fitbitBytes, fitbitFile } from "./fitbit-file.ts";
import { convertToGeoJson, decodeWithSaxes } from "./peers.ts";
import { measureInWorkerd, type WorkerdReadings } from "./workerd.ts";

const lengths = [
  { hours: 1, key: "hour1", rounds: 24, geoJson: true },
  // A DOM of these takes seconds and hundreds of megabytes; its speed is known from the short one.
  { hours: 3, key: "hour3", rounds: 12, geoJson: false },
  { hours: 10, key: "hour10", rounds: 8, geoJson: false },
] as const;
/** Thirty hours at one point a second are 68 MB. */
const largeSeconds = 108_000;
const warmUpRuns = 60;
const secondsPerLength = 12;

export const tcxSuite: Suite = { name: "tcx", run };

async function run(log: (line: string) => void): Promise<Record<string, unknown>> {
  warmUp();
  const results: Record<string, unknown> = {};
  const inWorkerd = await measureInWorkerd([1, 10], 12);
  for (const { hours, key, rounds, geoJson } of lengths) {
    const bytes = fitbitBytes(hours * 3_600);
    const file = { bytes, text: new TextDecoder().decode(bytes) };
    const hash = compareOutputs(file, geoJson, inWorkerd.get(hours));
    const times = medianMilliseconds(contestantsFor(file, geoJson), rounds, secondsPerLength);
    results[key] = report(log, `${hours} h`, file, times, inWorkerd.get(hours), hash);
  }
  results.large = await measureLargeFile(log);
  return results;
}

/** Lets the just-in-time compilers finish, as they have in an isolate that has been at work for a while. */
function warmUp(): void {
  const bytes = fitbitBytes(3_600);
  const file = { bytes, text: new TextDecoder().decode(bytes) };
  for (let count = 0; count < warmUpRuns; count++) {
    decodeWithOurs(file);
    countTrackpoints(file);
    if (count % 6 === 0) {
      decodeWithTxml(file);
      decodeWithSaxes(file);
    }
  }
}

function contestantsFor(file: BenchFile, geoJson: boolean): Contestant[] {
  const contestants: Contestant[] = [
    { name: "ours", runsPerRound: 3, run: () => void decodeWithOurs(file) },
    { name: "floor", runsPerRound: 3, run: () => void countTrackpoints(file) },
    { name: "txml", runsPerRound: 1, run: () => void decodeWithTxml(file) },
    { name: "saxes", runsPerRound: 1, run: () => void decodeWithSaxes(file) },
    { name: "fast-xml-parser", runsPerRound: 1 / 8, run: () => void decodeWithFastXmlParser(file) },
  ];
  const converter = { name: "togeojson", runsPerRound: 1 / 8, run: () => void convertToGeoJson(file) };
  return geoJson ? [...contestants, converter] : contestants;
}

/** Throws unless everyone read the same from the file; gives the hash of it. */
function compareOutputs(file: BenchFile, geoJson: boolean, inWorkerd: WorkerdReadings | undefined): string {
  const ours = decodeWithOurs(file);
  const hash = columnsHash(ours);
  const others: Record<string, string> = {
    txml: columnsHash(decodeWithTxml(file)),
    saxes: columnsHash(decodeWithSaxes(file)),
    "fast-xml-parser": columnsHash(decodeWithFastXmlParser(file)),
  };
  for (const [name, value] of Object.entries(inWorkerd?.hashes ?? {})) {
    if (name !== "floor") others[`${name} in workerd`] = value;
  }
  for (const [name, value] of Object.entries(others)) {
    if (value !== hash) throw new Error(`${name} read something else than ours: ${value}, not ${hash}`);
  }
  if (countTrackpoints(file) !== ours.count) throw new Error("the floor counted other trackpoints");
  if (geoJson) comparePositions(ours, convertToGeoJson(file));
  return hash;
}

function comparePositions(ours: Columns, theirs: readonly number[]): void {
  const expected: number[] = [];
  for (let row = 0; row < ours.count; row++) {
    const longitude = ours.longitude[row] ?? Number.NaN;
    if (!Number.isNaN(longitude)) expected.push(longitude, ours.latitude[row] ?? Number.NaN);
  }
  const same = expected.length === theirs.length && expected.every((value, index) => value === theirs[index]);
  if (!same) throw new Error("togeojson read other positions than ours");
}

function report(
  log: (line: string) => void,
  title: string,
  file: BenchFile,
  times: ReadonlyMap<string, number>,
  inWorkerd: WorkerdReadings | undefined,
  hash: string,
): Record<string, unknown> {
  const megabytes = file.bytes.length / 1e6;
  const node = Object.fromEntries(times);
  const rows = (readings: Readonly<Record<string, number>>, place: string) =>
    Object.entries(readings).map(([name, time]) => [
      `${name}, ${place}`,
      time.toFixed(2),
      (megabytes / (time / 1_000)).toFixed(0),
      (time / (readings.ours ?? Number.NaN)).toFixed(2),
    ]);
  log(`\nTCX, ${title}, ${megabytes.toFixed(2)} MB, all outputs equal (hash ${hash})`);
  const heading = ["parser", "ms", "MB/s", "times ours"];
  log(table([heading, ...rows(node, "Node"), ...rows(inWorkerd?.milliseconds ?? {}, "workerd")]));
  const summary = ratios(node, megabytes);
  return inWorkerd === undefined
    ? summary
    : { ...summary, workerd: ratios(inWorkerd.milliseconds, megabytes) };
}

function ratios(milliseconds: Readonly<Record<string, number>>, megabytes: number): Record<string, unknown> {
  const ours = milliseconds.ours ?? Number.NaN;
  return {
    ratioToTxml: rounded((milliseconds.txml ?? Number.NaN) / ours),
    ratioToFloor: rounded(ours / (milliseconds.floor ?? Number.NaN)),
    megabytesPerSecond: rounded(megabytes / (ours / 1_000)),
    milliseconds: Object.fromEntries(
      Object.entries(milliseconds).map(([name, time]) => [name, rounded(time)]),
    ),
  };
}

async function measureLargeFile(log: (line: string) => void): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), "tcx-benchmark-"));
  const path = join(folder, "large.tcx");
  try {
    await pipeline(fitbitFile(largeSeconds), createWriteStream(path));
    const megabytes = rounded((await stat(path)).size / 1e6);
    const ours = await measureMemory("ours", path);
    const txml = await measureMemory("txml", path);
    if (ours.trackpoints !== txml.trackpoints) throw new Error("ours and txml read different large files");
    log(`\nTCX, ${megabytes} MB from disk in a process of its own, peak memory over the base`);
    log(
      table([
        ["parser", "MB", "ms"],
        ["ours, streamed", ours.peakMemoryMegabytes.toFixed(1), ours.milliseconds.toFixed(0)],
        ["txml, full tree", txml.peakMemoryMegabytes.toFixed(1), txml.milliseconds.toFixed(0)],
      ]),
    );
    return {
      megabytes,
      peakMemoryMegabytes: rounded(ours.peakMemoryMegabytes),
      txmlPeakMemoryMegabytes: rounded(txml.peakMemoryMegabytes),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface MemoryReading {
  readonly peakMemoryMegabytes: number;
  readonly milliseconds: number;
  readonly trackpoints: number;
}

async function measureMemory(parser: "ours" | "txml", path: string): Promise<MemoryReading> {
  const script = join(import.meta.dirname, "memory.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [script, parser, path]);
  return JSON.parse(stdout);
}
