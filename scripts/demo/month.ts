// The demo's first story, told once for each provider: a user with a month of history connects, asks for that history, then
// trains four times and syncs the watch. Every activity must come out of the feed as it was recorded, or the demo says what is missing.

import type { ActivityDocument } from "../../src/activities/document.ts";
import type { ProviderName } from "../../src/kernel/ids.ts";
import { connect, createAccount } from "./connecting.ts";
import { FeedFollower, type SeenActivity } from "./feed-follower.ts";
import type { HttpClient } from "./http-client.ts";
import { type Recorded, record } from "./recording.ts";
import { formatTable } from "./table.ts";
import { history, todaysWorkouts, type WorkoutPlan } from "./workouts.ts";

/** All of today's workouts begin and end within this many hours. */
const hoursOfToday = 4;
const historyWithinMilliseconds = 60_000;
const freshWithinMilliseconds = 60_000;

/**
 * Runs the story with a user of one provider, against a Worker and a simulator that are up.
 * @returns what was missing or wrong; empty when everything arrived as it should.
 */
export async function runMonth(
  worker: HttpClient,
  simulator: HttpClient,
  provider: ProviderName,
  print: (text: string) => void,
): Promise<string[]> {
  const userId = `${provider}-user`;
  const feed = new FeedFollower(worker, `userId=${userId}`);
  const account = await createAccount(simulator, provider, { timezone: "Europe/Berlin" });

  const past = await record(simulator, account, history);
  await simulator.post(`/sim/users/${account}/sync`);
  const connection = await connect(worker, { userId, providerUserId: account, provider });
  print(`connected     ${connection.userId} to ${account} (${connection.connectionId})`);

  const backfillStarted = Date.now();
  const since = new Date(backfillStarted - 31 * 86_400_000).toISOString();
  await worker.post(`/v1/connections/${connection.connectionId}/backfill`, { since });
  const missingHistory = await feed.waitFor(idsOf(past), historyWithinMilliseconds);
  print(
    `history       ${past.length - missingHistory.length} of ${past.length} activities, ${seconds(backfillStarted)} s`,
  );

  // Somebody who connects gets what comes after that: the four workouts happen in the hours that the simulated clock skips.
  await simulator.post("/sim/clock", { advanceSeconds: hoursOfToday * 3600 });
  const today = await record(simulator, account, todaysWorkouts);
  const pushed = Date.now();
  await simulator.post(`/sim/users/${account}/sync`);
  const missingToday = await feed.waitFor(idsOf(today), freshWithinMilliseconds);
  print(
    `live          ${today.length - missingToday.length} of ${today.length} activities, ${seconds(pushed)} s\n`,
  );

  const problems = [...missingHistory, ...missingToday].map(
    (id) => `${provider}: activity ${id} never came out of the feed`,
  );
  const rows: string[][] = [];
  for (const recorded of [...today, ...past]) {
    const entry = feed.find(recorded.activityId);
    if (entry === undefined) continue;
    const document = await worker.get<ActivityDocument>(`/v1/activities/${entry.activity.id}`);
    rows.push(describe(document, entry, today.includes(recorded) ? pushed : null));
    problems.push(...check(recorded.plan, document, entry).map((problem) => `${provider}: ${problem}`));
  }
  print(
    formatTable(
      ["title", "type", "start", "distance", "records", "positions", "heart rate", "origin", "push to feed"],
      rows,
    ),
  );
  return problems;
}

function describe(document: ActivityDocument, entry: SeenActivity, pushedAt: number | null): string[] {
  const { records, positions } = countRecords(document);
  const { heartRate } = document.completeness;
  const heartRateText =
    heartRate.state === "absent"
      ? `absent (${heartRate.reason ?? "no reason"})`
      : `${(heartRate.coverage * 100).toFixed(0)} % ${heartRate.state}`;
  return [
    document.title,
    document.type.replace("ACTIVITY_TYPE_", "").toLowerCase(),
    document.startTime.replace("T", " ").replace(/(\.\d+)?Z$/, ""),
    document.distanceMeters === undefined ? "" : `${(document.distanceMeters / 1000).toFixed(2)} km`,
    String(records),
    String(positions),
    heartRateText,
    entry.origin,
    pushedAt === null ? "" : `${((entry.firstSeenAt - pushedAt) / 1000).toFixed(1)} s`,
  ];
}

function check(plan: WorkoutPlan, document: ActivityDocument, entry: SeenActivity): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) problems.push(`${plan.name} ${document.startTime}: ${what}`);
  };
  const { records, positions } = countRecords(document);
  expect(document.type === plan.expectedType, `its type is ${document.type}, not ${plan.expectedType}`);
  expect(document.title === plan.name, `its title is "${document.title}"`);
  expect(document.elapsedSeconds === plan.durationMinutes * 60, `it lasts ${document.elapsedSeconds} s`);
  expect(plan.gps ? positions > 0 : positions === 0, `it has ${positions} positions`);
  expect(records > 0, "it has no records");
  expect(
    document.completeness.heartRate.state === "complete",
    `its heart rate is ${document.completeness.heartRate.state}`,
  );
  if (plan.distanceMeters !== undefined) {
    const distance = document.distanceMeters ?? 0;
    expect(
      Math.abs(distance - plan.distanceMeters) < plan.distanceMeters * 0.02,
      `its distance is ${distance} m`,
    );
  }
  expect(entry.revisionsSeen === 1, `it came ${entry.revisionsSeen} times`);
  return problems;
}

function countRecords(document: ActivityDocument): { records: number; positions: number } {
  const records = document.standardizedActivity.sessions[0].laps.flatMap((lap) => lap.records ?? []);
  return {
    records: records.length,
    positions: records.filter((entry) => entry.positionLat !== undefined && entry.positionLong !== undefined)
      .length,
  };
}

function idsOf(recorded: readonly Recorded[]): string[] {
  return recorded.map((entry) => entry.activityId);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
