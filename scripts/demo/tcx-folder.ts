// `npm run demo -- --tcx DIR`: every TCX file of a folder becomes an activity of a simulated account, goes the whole way, and
// what comes out of the feed is held against the file; once with Fitbit and once with Google Health, which serve the same bytes
// in ways of their own. One account a file: files may overlap in time, and a wrist has one pulse.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActivityDocument, FeedActivity } from "../../src/activities/document.ts";
import type { ProviderName } from "../../src/kernel/ids.ts";
import { connect, createAccount } from "./connecting.ts";
import { FeedFollower } from "./feed-follower.ts";
import { DemoError, type HttpClient } from "./http-client.ts";
import { compareWithFile } from "./tcx-comparison.ts";
import { readTcx, type TcxReading } from "./tcx-reading.ts";

interface FileOnItsWay {
  readonly name: string;
  readonly reading: TcxReading;
  readonly activityId: string;
  /** Shorter than a minute at Google, so that the service takes it for a mistake and leaves it out (docs/google-health.md). */
  readonly isShort: boolean;
}

const shortestSeconds = 60;
const withinMilliseconds = 120_000;

/**
 * Sends a folder's files through each provider.
 * @returns what was missing or not equal; empty when every file came out as it went in, but for those under a minute.
 */
export async function runTcxFolder(
  directory: string,
  worker: HttpClient,
  simulator: HttpClient,
  print: (text: string) => void,
): Promise<string[]> {
  const names = readdirSync(directory)
    .filter((name) => name.toLowerCase().endsWith(".tcx"))
    .sort();
  if (names.length === 0) throw new DemoError(`${directory} holds no .tcx file.`);

  const problems: string[] = [];
  for (const provider of ["fitbit", "google-health"] as const) {
    print(`\n${provider === "fitbit" ? "Fitbit" : "Google Health"}\n`);
    const found = await runThrough(provider, { directory, names }, worker, simulator, print);
    problems.push(...found.map((problem) => `${provider}: ${problem}`));
  }
  return problems;
}

async function runThrough(
  provider: ProviderName,
  { directory, names }: { readonly directory: string; readonly names: readonly string[] },
  worker: HttpClient,
  simulator: HttpClient,
  print: (text: string) => void,
): Promise<string[]> {
  const problems: string[] = [];
  const onTheirWay: FileOnItsWay[] = [];
  const feed = new FeedFollower(worker, "include=standardizedActivity");
  const started = Date.now();
  for (const [index, name] of names.entries()) {
    try {
      onTheirWay.push(await send(join(directory, name), { name, index, provider }, worker, simulator));
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await feed.waitFor(
    onTheirWay.filter((file) => !file.isShort).map((file) => file.activityId),
    withinMilliseconds,
  );
  const there = onTheirWay.filter((file) => feed.find(file.activityId) !== undefined);
  print(
    `${there.length} of ${names.length} files in the feed after ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );

  for (const file of onTheirWay) {
    const activity = feed.find(file.activityId)?.activity;
    if (activity === undefined && file.isShort) {
      print(`left out   ${file.name}: it lasts less than a minute`);
      continue;
    }
    if (activity === undefined || !isDocument(activity)) {
      problems.push(`${file.name}: it never came out of the feed with its records`);
      continue;
    }
    const comparison = compareWithFile(file.reading, activity);
    print(`${comparison.equal ? "equal    " : "NOT EQUAL"}  ${file.name}: ${comparison.compared}`);
    for (const difference of comparison.differences) print(`             ${difference}`);
    if (!comparison.equal)
      problems.push(`${file.name}: what came out of the feed is not what is in the file`);
  }
  return problems;
}

async function send(
  path: string,
  {
    name,
    index,
    provider,
  }: { readonly name: string; readonly index: number; readonly provider: ProviderName },
  worker: HttpClient,
  simulator: HttpClient,
): Promise<FileOnItsWay> {
  const bytes = new Uint8Array(readFileSync(path));
  const reading = readTcx(new TextDecoder().decode(bytes));
  const first = reading.points[0];
  if (first === undefined)
    throw new DemoError("it holds no trackpoint with a time, so there is nothing to compare");

  const account = await createAccount(simulator, provider, { timezone: "UTC" });
  const { activityId } = await simulator.postBytes<{ activityId: string }>(
    `/sim/users/${account}/activities`,
    bytes,
    "application/vnd.garmin.tcx+xml",
  );
  await simulator.post(`/sim/users/${account}/sync`);
  const connection = await connect(worker, {
    userId: `tcx-${provider}-${index + 1}`,
    providerUserId: account,
    provider,
  });
  // These workouts are years old: they are history, which comes by asking for it.
  const since = new Date(first.time - 2 * 86_400_000).toISOString();
  await worker.post(`/v1/connections/${connection.connectionId}/backfill`, { since });
  return {
    name,
    reading,
    activityId,
    isShort: provider === "google-health" && reading.durationSeconds < shortestSeconds,
  };
}

function isDocument(activity: FeedActivity | ActivityDocument): activity is ActivityDocument {
  return "standardizedActivity" in activity;
}
