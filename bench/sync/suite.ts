// The sync benchmark: accounts sync their watches, one push goes out, and the time is taken from the first queue message's
// delivery until the last activity is in the feed. Then the feed is read and must hold every activity, whole, once.
// Local queues hand one sync message at a time to one Worker; deployed, `max_concurrency` of them run side by side.

import { FeedFollower } from "../../scripts/demo/feed-follower.ts";
import { rounded, type Suite, table } from "../report.ts";
import { type SyncStack, startSyncStack } from "./stack.ts";
import { parts, type Split } from "./stopwatch.ts";
import type { SyncFigures } from "./worker.ts";

/** A call budget of 150 an hour pays for a list and two calls an activity. */
const accounts = 5;
const activitiesPerAccount = 12;
const warmUpActivities = 8;
const activitySeconds = 3_600;
/** Within the seven days that a list reaches back. */
const daysLater = 6;
const withinMilliseconds = 60_000;
const hour = 3_600_000;

export const syncSuite: Suite = { name: "sync", run };

async function run(log: (line: string) => void): Promise<Record<string, unknown>> {
  const stack = await startSyncStack();
  try {
    const feed = new FeedFollower(stack.worker);
    const warmUp = await stack.connectAccount("warm-up");
    const measured: string[] = [];
    for (let index = 0; index < accounts; index++) {
      measured.push(await stack.connectAccount(`user-${index}`));
    }
    // Only what ends after the connection is made is fresh, and only what is a day old is waited for no more.
    await stack.simulator.post("/sim/clock", { advanceSeconds: daysLater * 86_400 });
    await syncAccounts(stack, feed, [warmUp], warmUpActivities);
    return report(log, await syncAccounts(stack, feed, measured, activitiesPerAccount));
  } finally {
    await stack.stop();
  }
}

/** Records activities for each account, pushes once for all, waits until the Worker is done, and checks the feed. */
async function syncAccounts(
  stack: SyncStack,
  feed: FeedFollower,
  providerUserIds: readonly string[],
  activitiesEach: number,
): Promise<SyncFigures> {
  const recorded: string[] = [];
  for (const providerUserId of providerUserIds) {
    recorded.push(...(await recordActivities(stack, providerUserId, activitiesEach)));
  }
  await readFigures(stack, isIdle);
  await fetch(`${stack.url}/benchmark`, { method: "DELETE" });
  await stack.simulator.post("/sim/sync", { providerUserIds });
  const figures = await readFigures(
    stack,
    (reading) => isIdle(reading) && reading.syncMessages >= providerUserIds.length,
  );
  await feed.read();
  for (const id of recorded) {
    const seen = feed.find(id);
    if (seen === undefined) throw new Error(`activity ${id} never came out of the feed`);
    const { gps, heartRate } = seen.activity.completeness;
    if (seen.revisionsSeen !== 1 || gps.state !== "complete" || heartRate.state !== "complete") {
      throw new Error(`activity ${id} came ${seen.revisionsSeen} times, or not whole`);
    }
  }
  return figures;
}

/** Runs with GPS of an hour each, recorded since the account was connected. */
async function recordActivities(
  stack: SyncStack,
  providerUserId: string,
  count: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  const newestStart = Date.now() + daysLater * 24 * hour - 30 * hour;
  for (let index = 0; index < count; index++) {
    const { activityId } = await stack.simulator.post<{ activityId: string }>(
      `/sim/users/${providerUserId}/activities`,
      {
        name: "Run",
        startTime: new Date(newestStart - index * 5 * hour).toISOString(),
        durationSeconds: activitySeconds,
        gps: true,
        heartRate: true,
        distanceMeters: 10_000 + index,
      },
    );
    ids.push(activityId);
  }
  return ids;
}

function isIdle(figures: SyncFigures): boolean {
  return figures.running === 0;
}

/** Asks until the figures are as they are wanted. */
async function readFigures(
  stack: SyncStack,
  isWanted: (figures: SyncFigures) => boolean,
): Promise<SyncFigures> {
  const deadline = Date.now() + withinMilliseconds;
  for (;;) {
    const figures = (await (await fetch(`${stack.url}/benchmark`)).json()) as SyncFigures;
    if (isWanted(figures)) return figures;
    if (Date.now() > deadline) {
      const { syncMessages } = figures;
      throw new Error(`after ${withinMilliseconds / 1_000} s only ${syncMessages} syncs were done`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const meanings: Readonly<Record<keyof Split | "rest", string>> = {
  provider: "provider wait: list, heart rate, TCX; the simulator makes them on the same processors",
  decode: "decode: the TCX decoder",
  assemble: "assemble: three sources into one document",
  gzip: "gzip: the TCX as it comes, the document, its sources",
  r2: "R2: three objects put",
  d1: "D1: reads, and the transaction that enters the feed",
  account: "account object: lease, token, budget",
  rest: "the rest: parsing answers, writing JSON, hashes",
};

function report(log: (line: string) => void, figures: SyncFigures): Record<string, unknown> {
  const count = accounts * activitiesPerAccount;
  const seconds = (figures.lastAt - figures.firstAt) / 1_000;
  const rest = parts.reduce((left, part) => left - figures.split[part], figures.busy);
  const times = { ...figures.split, rest };
  const activitiesPerSecond = count / seconds;
  log(`\nSync, ${count} runs of ${activitySeconds / 60} minutes with GPS, one Worker, queue to feed`);
  log(`${activitiesPerSecond.toFixed(1)} activities/s, ${(figures.busy / count).toFixed(1)} ms an activity`);
  log(
    table([
      ["part", "ms an activity", "share"],
      ...([...parts, "rest"] as const).map((part) => [
        meanings[part],
        (times[part] / count).toFixed(2),
        `${((times[part] / figures.busy) * 100).toFixed(0)} %`,
      ]),
    ]),
  );
  return {
    activitiesPerSecond: rounded(activitiesPerSecond),
    activitiesPerSecondWithoutProviderWait: rounded(count / ((figures.busy - times.provider) / 1_000)),
    millisecondsPerActivity: Object.fromEntries(
      Object.entries(times).map(([part, time]) => [part, rounded(time / count)]),
    ),
  };
}
