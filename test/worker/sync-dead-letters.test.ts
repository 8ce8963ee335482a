// What failed every attempt, on the way that it really takes: out of the platform's dead-letter queue into a row that an operator
// sees, and from there back to work. Nothing is lost in silence.

import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { syncMessage } from "../../src/sync/messages.ts";
import worker from "../../src/worker.ts";
import { World } from "./world.ts";

interface DeadLetter {
  readonly id: string;
  readonly connectionId: string | null;
  readonly kind: string;
  readonly attempts: number;
  readonly error: { readonly code: string };
}

/** Hands these bodies to the Worker as its dead-letter queue would; answers the ids of those that it took. */
async function die(...messages: readonly { id: string; body: unknown }[]): Promise<string[]> {
  const batch = createMessageBatch(
    "fitglue-fitbit-dead-letters",
    messages.map(({ id, body }) => ({ id, timestamp: new Date(), attempts: 1, body })),
  );
  await worker.queue(batch, env);
  return (await getQueueResult(batch, createExecutionContext())).explicitAcks;
}

describe.each(providerNames)("dead letters of %s", (provider) => {
  const world = new World(71, provider);
  const user = (name: string) => `${name}-${provider}`;
  const message = (number: number) => `dead-${number}-${provider}`;

  async function lettersOf(connectionId: string | null): Promise<DeadLetter[]> {
    const { deadLetters } = await world.api<{ deadLetters: DeadLetter[] }>("/v1/dead-letters?limit=200");
    return deadLetters.filter((letter) => letter.connectionId === connectionId);
  }

  /** A connection whose device has synced a run that nobody was told of. */
  async function withUnheardRun(userId: string) {
    const { connectionId, providerUserId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.faults({ fault: "lose", providerUserId });
    await world.record(providerUserId, { durationSeconds: 300 });
    await world.push(providerUserId);
    await world.faults();
    return {
      connectionId,
      providerUserId,
      account: world.accountName(providerUserId),
    };
  }

  describe("work that failed every attempt", () => {
    it("is a dead letter and a failed run, and is done when an operator replays it", async () => {
      const userId = user("dies");
      const { connectionId, providerUserId, account } = await withUnheardRun(userId);
      const calls = (await world.calls(providerUserId)).length;
      const dead = { id: message(1), body: syncMessage(account, { kind: "sync", trigger: "notification" }) };
      expect(await die(dead)).toEqual([message(1)]);
      const [letter] = await lettersOf(connectionId);
      expect(letter).toMatchObject({
        connectionId,
        kind: "sync",
        attempts: 9,
        error: { code: "attempts_exhausted" },
      });
      expect(await world.runs(connectionId)).toMatchObject([
        { trigger: "notification", status: "failed", error: { code: "attempts_exhausted" } },
      ]);
      // It is recorded, not tried once more.
      expect((await world.calls(providerUserId)).length).toBe(calls);
      expect(await world.feed(userId)).toEqual([]);

      await world.api(`/v1/dead-letters/${letter?.id}/replay`, { method: "POST", status: 202 });
      await world.untilFeed(userId, 1);
      expect(await lettersOf(connectionId)).toEqual([]);
    });

    it("that the queue hands over twice is one dead letter and one run", async () => {
      const { connectionId, account } = await withUnheardRun(user("dies-twice"));
      const dead = { id: message(2), body: syncMessage(account, { kind: "sync", trigger: "manual" }) };
      await die(dead);
      await die(dead);
      expect(await lettersOf(connectionId)).toHaveLength(1);
      expect(await world.runs(connectionId)).toHaveLength(1);
    });

    it("fails the run that its user follows, not another one", async () => {
      const { connectionId, account } = await withUnheardRun(user("dies-followed"));
      await die({
        id: message(3),
        body: syncMessage(account, { kind: "sync", trigger: "manual", runId: `run_${provider}` }),
      });
      expect(await world.runs(connectionId)).toMatchObject([{ id: `run_${provider}`, status: "failed" }]);
    });

    it("in a shape that nobody knows is kept too, and does not hold up what came with it", async () => {
      const { connectionId, account } = await withUnheardRun(user("dies-beside"));
      const known = { id: message(5), body: syncMessage(account, { kind: "look", trigger: "retry" }) };
      const before = (await lettersOf(null)).length;
      const taken = await die({ id: message(4), body: { version: 99 } }, known);
      expect(taken.toSorted()).toEqual([message(4), message(5)]);
      const unreadable = await lettersOf(null);
      expect(unreadable).toHaveLength(before + 1);
      expect(unreadable[0]).toMatchObject({ kind: "unreadable", error: { code: "unreadable_message" } });
      expect(await lettersOf(connectionId)).toMatchObject([{ kind: "look" }]);
    });
  });

  describe("hints that failed every attempt", () => {
    it("give each of their accounts a look of its own", async () => {
      const { account } = await withUnheardRun(user("hint-dies"));
      const { connectionId } = await world.connect(user("hint-dies-beside"));
      const hint = { account, collection: "activities", dates: ["2026-11-21"], receivedAt: world.now() };
      expect(await die({ id: message(6), body: { version: 1, kind: "hints", hints: [hint, hint] } })).toEqual(
        [message(6)],
      );
      await world.untilFeed(user("hint-dies"), 1);
      expect(await lettersOf(connectionId)).toEqual([]);
    });
  });
});
