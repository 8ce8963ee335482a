// The demo's second story: a user whose activities came from Fitbit goes over to Google Health after Fitbit is switched off. The
// connection, its activities and the reader's place in the feed must stay, and no workout may come twice.

import type { ProviderName } from "../../src/kernel/ids.ts";
import { connect, createAccount } from "./connecting.ts";
import { FeedFollower } from "./feed-follower.ts";
import type { HttpClient } from "./http-client.ts";
import { record } from "./recording.ts";
import { formatTable } from "./table.ts";
import { type WorkoutPlan, workoutsOfTheWayOver as workouts } from "./workouts.ts";

interface Connection {
  readonly id: string;
  readonly provider: ProviderName;
  readonly providerUserId: string;
  readonly status: string;
  readonly message: string | null;
}

const userId = "moving-user";
/** Every workout of this story begins and ends in hours that the simulated clock skips. */
const hoursOfTraining = 4;
const withinMilliseconds = 60_000;
/** Where Google asks for consent (Google Health reference §2.1, documented). */
const googleConsentPath = "/o/oauth2/v2/auth";

/**
 * Runs the story against a Worker and a simulator that are up; afterwards Fitbit answers again.
 * @returns what was not as it should be; empty when the user came over whole.
 */
export async function runWayOver(
  worker: HttpClient,
  simulator: HttpClient,
  print: (text: string) => void,
): Promise<string[]> {
  try {
    return await comeOver(worker, simulator, print);
  } finally {
    await simulator.put("/sim/faults", []);
  }
}

async function comeOver(
  worker: HttpClient,
  simulator: HttpClient,
  print: (text: string) => void,
): Promise<string[]> {
  const problems: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) problems.push(`the way over: ${what}`);
  };
  const reader = new FeedFollower(worker, `userId=${userId}`);
  const train = async (account: string, plans: readonly WorkoutPlan[]) => {
    await simulator.post("/sim/clock", { advanceSeconds: hoursOfTraining * 3600 });
    await record(simulator, account, plans);
    await simulator.post(`/sim/users/${account}/sync`);
  };
  const arrive = async (plans: readonly WorkoutPlan[]) => {
    const missing = () => plans.filter((plan) => !titlesOf(reader).includes(plan.name));
    await reader.waitUntil(() => missing().length === 0, withinMilliseconds);
    for (const plan of missing()) expect(false, `${plan.name} never came out of the feed`);
    return `${plans.length - missing().length} of ${plans.length} activities`;
  };

  const fitbitAccount = await createAccount(simulator, "fitbit", { timezone: "Europe/Berlin" });
  const before = await connect(worker, { userId, providerUserId: fitbitAccount, provider: "fitbit" });
  print(`connected     ${userId} to Fitbit's ${fitbitAccount} (${before.connectionId})`);
  await train(fitbitAccount, workouts.before);
  print(`at Fitbit     ${await arrive(workouts.before)}`);
  const stood = new Map([...reader.seen].map(([id, entry]) => [id, entry.activity.revision]));

  await simulator.put("/sim/faults", [{ fault: "gone", provider: "fitbit" }]);
  await worker.post(`/v1/connections/${before.connectionId}/sync`);
  const gone = await until(
    () => worker.get<Connection>(`/v1/connections/${before.connectionId}`),
    (connection) => connection.status !== "active",
  );
  print(`switched off  ${gone.status}: ${gone.message ?? "no message"}`);
  expect(gone.status === "provider_gone", `Fitbit's 410 made the connection ${gone.status}`);
  expect(gone.message !== null, "nothing tells the user why it stopped");
  await train(fitbitAccount, workouts.whileOff);

  const googleAccount = await createAccount(simulator, "google-health", { legacyUserId: fitbitAccount });
  const consented = Date.now();
  const after = await connect(worker, { userId, providerUserId: googleAccount });
  expect(
    new URL(after.consentUrl).pathname === googleConsentPath,
    `a link asked for without a provider led to ${after.consentUrl}`,
  );
  const { connections } = await worker.get<{ connections: readonly Connection[] }>(
    `/v1/connections?userId=${userId}`,
  );
  const [connection] = connections;
  expect(connections.length === 1, `the user has ${connections.length} connections`);
  expect(after.connectionId === before.connectionId, "the connection has another id");
  expect(connection?.provider === "google-health", `the connection is ${connection?.provider}'s`);
  print(`came over     ${after.connectionId} is Google Health's ${googleAccount} now`);
  print(`recorded off  ${await arrive(workouts.whileOff)}, ${seconds(consented)} s after consent`);
  await train(googleAccount, workouts.after);
  const pushed = Date.now();
  print(`at Google     ${await arrive(workouts.after)}, ${seconds(pushed)} s\n`);

  // Somebody who reads everything from the beginning, beside the reader who has kept its page token all the way.
  const newcomer = new FeedFollower(worker, `userId=${userId}`);
  await newcomer.read();
  const all = [...workouts.before, ...workouts.whileOff, ...workouts.after];
  const rows = all.map((plan) => {
    const entries = [...newcomer.seen.values()].filter((entry) => entry.activity.title === plan.name);
    expect(entries.length === 1, `${plan.name} stands ${entries.length} times in the feed`);
    return entries.map(({ activity }) => {
      const revisionBefore = stood.get(activity.id);
      const wasThere = workouts.before.includes(plan);
      expect(!wasThere || revisionBefore !== undefined, `${plan.name} has another id than before`);
      expect(
        revisionBefore === undefined || revisionBefore === activity.revision,
        `${plan.name} went from revision ${revisionBefore} to ${activity.revision}`,
      );
      const seen = reader.seen.get(activity.id)?.revisionsSeen ?? 0;
      expect(seen === 1, `a reader with a page token saw ${plan.name} ${seen} times`);
      return [
        activity.title,
        activity.startTime.replace("T", " ").replace(/(\.\d+)?Z$/, ""),
        wasThere ? "before" : workouts.whileOff.includes(plan) ? "while Fitbit was off" : "after",
        activity.id,
        revisionBefore === undefined ? "" : String(revisionBefore),
        String(activity.revision),
        String(entries.length),
        String(seen),
      ];
    });
  });
  expect(
    newcomer.seen.size === all.length,
    `${newcomer.seen.size} activities stand in the feed, ${all.length} were recorded`,
  );
  print(
    formatTable(
      [
        "title",
        "start",
        "recorded",
        "activity",
        "revision before",
        "after",
        "in the feed",
        "read with the token",
      ],
      rows.flat(),
    ),
  );
  return problems;
}

function titlesOf(reader: FeedFollower): string[] {
  return [...reader.seen.values()].map((entry) => entry.activity.title);
}

/** Asks until the answer is as expected or the time is up; answers the last one. */
async function until<Value>(read: () => Promise<Value>, isThere: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + withinMilliseconds;
  for (;;) {
    const value = await read();
    if (isThere(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
