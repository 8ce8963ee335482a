// `npm run -s decode -- PATH…`: what is in a TCX file, one JSON line an activity, and nothing else on standard output.
// A folder stands for its `*.tcx` files in the order of their names. Exit 1 if any file failed; the others are printed.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeTcx } from "../src/tcx/decoder.ts";
import type { TcxActivity, TcxLap } from "../src/tcx/document.ts";
import { TcxError } from "../src/tcx/errors.ts";
import { fileChunks } from "./file-chunks.ts";

type FileError = { code: string; message: string; offset: number | null };

/** One line of output for one activity; `activity` counts from 0 within the file. */
function activityLine(file: string, index: number, activity: TcxActivity): object {
  const { samples, laps } = activity;
  return {
    file,
    activity: index,
    sport: activity.sport,
    laps: laps.length,
    tracks: activity.tracks,
    ...activity.counts,
    distanceMeters: total(laps, (lap) => lap.distanceMeters),
    startTime: utc(samples.timeMilliseconds.at(0)),
    endTime: utc(samples.timeMilliseconds.at(-1)),
    calories: total(laps, (lap) => lap.calories),
    dropped: activity.dropped,
  };
}

/** The sum of the laps' own; a lap that states nothing adds nothing. */
function total(laps: readonly TcxLap[], value: (lap: TcxLap) => number | null): number {
  return laps.reduce((sum, lap) => sum + (value(lap) ?? 0), 0);
}

function utc(timeMilliseconds: number | undefined): string | null {
  return timeMilliseconds === undefined ? null : new Date(timeMilliseconds).toISOString();
}

/** A folder's TCX files, or the path itself. */
async function filesOf(path: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.toLowerCase().endsWith(".tcx"))
    .sort()
    .map((name) => join(path, name));
}

async function linesOf(file: string): Promise<{ lines: object[]; failed: boolean }> {
  try {
    const { activities } = await decodeTcx(fileChunks(file));
    return { lines: activities.map((activity, index) => activityLine(file, index, activity)), failed: false };
  } catch (error) {
    return { lines: [{ file, error: describe(error) }], failed: true };
  }
}

function describe(error: unknown): FileError {
  if (error instanceof TcxError) return { code: error.code, message: error.message, offset: error.offset };
  // Only the file system is left; anything else is a defect of ours and may be loud.
  if (!(error instanceof Error && "code" in error)) throw error;
  if (error.code === "ENOENT") return { code: "not_found", message: "there is no such file", offset: null };
  return { code: "unreadable", message: error.message, offset: null };
}

// `… | head` closes the pipe when it has seen enough, which is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error("usage: npm run -s decode -- PATH…");
  process.exitCode = 2;
}
for (const path of paths) {
  for (const file of await filesOf(path)) {
    const { lines, failed } = await linesOf(file);
    for (const line of lines) console.log(JSON.stringify(line));
    if (failed) process.exitCode = 1;
  }
}
