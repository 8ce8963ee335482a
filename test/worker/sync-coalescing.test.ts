// Hints are many, late, doubled and in any order; lists are few, and nothing that changed is lost (rules 2, 3 and 7).

import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { openContext } from "../../src/sync/context.ts";
import { consumeHints } from "../../src/sync/hint-consumer.ts";
import { type SyncMessage, syncMessage } from "../../src/sync/messages.ts";
import { consumeSync } from "../../src/sync/sync-consumer.ts";
import worker from "../../src/worker.ts";
import { World } from "./world.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** When something changed, as the provider's pushes name it: Fitbit a date, Google the time of the exercise. */
function namedBy(provider: ProviderName, receivedAt: number) {
  switch (provider) {
    case "fitbit":
      return { dates: ["2026-11-21"], windows: [] };
    case "google-health":
      return { dates: [], windows: [{ start: receivedAt - 1_800_000, end: receivedAt }] };
    default:
      return provider satisfies never;
  }
}

/** How long the provider counts calls before it begins anew. */
const callWindowSeconds: Readonly<Record<ProviderName, number>> = { fitbit: 3600, "google-health": 60 };

describe.each(providerNames)("hints of %s", (provider) => {
  const world = new World(11, provider);
  const user = (name: string) => `${name}-${provider}`;

  function hint(providerUserId: string, receivedAt: number) {
    return {
      version: 1 as const,
      kind: "hints" as const,
      hints: [
        {
          account: world.accountName(providerUserId),
          collection: "activities" as const,
          ...namedBy(provider, receivedAt),
          receivedAt,
        },
      ],
    };
  }

  /** Holds back list calls of one account until `open()`. */
  function gateLists() {
    let isOpen = false;
    let waiting = 0;
    world.intercept = (request) => {
      if (!request.url.includes(world.paths.list) || isOpen) return null;
      waiting += 1;
      return (async () => {
        while (!isOpen) await pause(5);
        return await world.simulator.fetch(request);
      })();
    };
    return {
      open: () => {
        isOpen = true;
      },
      waiting: () => waiting,
    };
  }

  /** The device syncs, and its notification gets lost: the test brings the hint by hand. */
  async function pushUnheard(providerUserId: string): Promise<void> {
    await world.faults({ fault: "lose" });
    await world.push(providerUserId);
    await world.faults();
  }

  async function connected(userId: string) {
    const connection = await world.connect(userId);
    await world.quiet(connection.providerUserId);
    return connection;
  }

  describe("a burst of notifications", () => {
    it("costs one list for the first and one for all that come while it runs", async () => {
      const { providerUserId } = await connected(user("burst"));
      const before = await world.listCalls(providerUserId);
      const gate = gateLists();
      await env.HINTS.send(hint(providerUserId, world.now()));
      await world.until(async () => expect(gate.waiting()).toBe(1));
      for (let count = 0; count < 49; count++) {
        await env.HINTS.send(hint(providerUserId, world.now()));
      }
      await pause(50);
      gate.open();
      await world.quiet(providerUserId);
      expect((await world.listCalls(providerUserId)) - before).toBe(2);
    });

    it("costs one list when all of it came before the list began", async () => {
      const { providerUserId } = await connected(user("burst-before"));
      const before = await world.listCalls(providerUserId);
      const receivedAt = world.now();
      await pause(5);
      const context = await openContext(env);
      for (let count = 0; count < 50; count++) await consumeHints(context, hint(providerUserId, receivedAt));
      expect((await world.listCalls(providerUserId)) - before).toBe(1);
    });

    it("loses nothing: what was recorded while the list ran is in the feed", async () => {
      const { providerUserId } = await connected(user("burst-late"));
      await world.record(providerUserId, { name: "Run", durationSeconds: 600 });
      const gate = gateLists();
      await world.push(providerUserId);
      await world.until(async () => expect(gate.waiting()).toBe(1));
      // The first list has been asked for; what comes now may or may not be in its answer.
      await world.record(providerUserId, { name: "Walk", durationSeconds: 300 });
      await world.push(providerUserId);
      gate.open();
      const changes = await world.untilFeed(user("burst-late"), 2);
      expect(changes.map((change) => change.activity.title).sort()).toEqual(["Run", "Walk"]);
    });

    it("keeps accounts apart: one that hangs holds up no other", async () => {
      let slowToken = "";
      world.intercept = (request) => {
        slowToken = request.headers.get("authorization") ?? slowToken;
        return null;
      };
      const slow = await connected(user("hangs"));
      world.intercept = () => null;
      const quick = await connected(user("does-not-hang"));
      await world.record(quick.providerUserId, { durationSeconds: 600 });
      await pushUnheard(quick.providerUserId);
      let released = false;
      world.intercept = (request) => {
        if (request.headers.get("authorization") !== slowToken) return null;
        return (async () => {
          while (!released) await pause(5);
          return await world.simulator.fetch(request);
        })();
      };
      const context = await openContext(env);
      const work = consumeHints(context, {
        ...hint(slow.providerUserId, world.now()),
        hints: [slow, quick].flatMap((one) => hint(one.providerUserId, world.now()).hints),
      });
      await world.untilFeed(user("does-not-hang"), 1);
      released = true;
      await work;
      world.intercept = () => null;
    });
  });

  describe("a look that finds more than a message holds", () => {
    it("leaves the list out, and everything that it found arrives all the same", async () => {
      const userId = user("finds-much");
      const { providerUserId } = await connected(userId);
      await world.control("POST", "/sim/clock", { advanceSeconds: 3 * 24 * 3600 });
      const count = 130;
      // Altogether some 93,000 characters, which fit, and 103,000 bytes, which do not: a queue counts bytes.
      const title = "朝の公園をゆっくり走る練習".repeat(3);
      for (let index = 1; index <= count; index++) {
        await world.record(providerUserId, {
          name: `${title}${index}`,
          displayName: `${title}${index}`,
          gps: false,
          durationSeconds: 60,
          startTime: new Date(world.now() - index * 30 * 60_000).toISOString(),
        });
      }
      await pushUnheard(providerUserId);
      const sent: SyncMessage[] = [];
      const context = await openContext({
        ...env,
        SYNC: {
          send: async (body: SyncMessage) => {
            sent.push(body);
            return await env.SYNC.send(body);
          },
        },
      } as unknown as Env);
      await consumeHints(context, hint(providerUserId, world.now()));
      expect(sent).toHaveLength(1);
      expect(sent[0]?.work).toMatchObject({ kind: "sync", trigger: "notification" });
      expect(sent[0]?.work).not.toHaveProperty("found");
      for (const body of sent) {
        expect(new TextEncoder().encode(JSON.stringify(body)).length).toBeLessThanOrEqual(100_000);
      }
      // The calls of one window are not enough for all of them.
      for (let windows = 0; windows < 4 && (await world.feed(userId)).length < count; windows++) {
        await world.quiet(providerUserId);
        await world.pass(callWindowSeconds[provider] + 10, providerUserId);
      }
      const changes = await world.untilFeed(userId, count);
      expect(new Set(changes.map(({ activity }) => activity.sourceActivityId)).size).toBe(count);
    });
  });

  describe("a batch of messages", () => {
    it("is taken side by side, and an account that several of them name gets one look", async () => {
      const once = { ...(await connected(user("batch-once"))), userId: user("batch-once") };
      const often = { ...(await connected(user("batch-often"))), userId: user("batch-often") };
      for (const { providerUserId } of [once, often]) {
        await world.record(providerUserId, { durationSeconds: 600 });
        await pushUnheard(providerUserId);
      }
      const lists = await world.listCalls(often.providerUserId);
      // Whichever account asks first is left waiting; the other must not wait with it.
      let released = false;
      let isFirst = true;
      world.intercept = (request) => {
        if (!isFirst || !request.url.includes(world.paths.list)) return null;
        isFirst = false;
        return (async () => {
          while (!released) await pause(5);
          return await world.simulator.fetch(request);
        })();
      };
      const receivedAt = world.now();
      const bodies = [once, often, often, often].map((one) => hint(one.providerUserId, receivedAt));
      const batch = createMessageBatch(
        "fitglue-fitbit-hints",
        bodies.map((body, index) => ({ id: `${index}`, timestamp: new Date(), attempts: 1, body })),
      );
      const context = createExecutionContext();
      const taken = worker.queue(batch, env);
      await world.until(async () => {
        expect([await world.feed(once.userId), await world.feed(often.userId)].flat()).toHaveLength(1);
      });
      released = true;
      await taken;
      expect((await getQueueResult(batch, context)).explicitAcks).toHaveLength(4);
      for (const { userId } of [once, often]) await world.untilFeed(userId, 1);
      expect((await world.listCalls(often.providerUserId)) - lists).toBe(1);
      world.intercept = () => null;
    });
  });

  describe("the same message", () => {
    let message: SyncMessage;
    let providerUserId: string;

    beforeAll(async () => {
      ({ providerUserId } = await connected(user("twice")));
      message = syncMessage(world.accountName(providerUserId), { kind: "sync", trigger: "manual" });
      await world.record(providerUserId, { durationSeconds: 600 });
      await world.push(providerUserId);
      await world.untilFeed(user("twice"), 1);
    });

    it("delivered twice makes one revision and fetches no second TCX", async () => {
      const context = await openContext(env);
      for (const id of ["same", "same"]) {
        expect(await consumeSync(context, { id, attempts: 1, message })).toEqual({ kind: "done" });
      }
      expect(await world.calls(providerUserId, world.paths.tcx)).toHaveLength(1);
      expect((await world.feed(user("twice"))).map((change) => change.activity.revision)).toEqual([1]);
    });

    it("delivered twice at once, with what a look has found, makes one revision and fetches one TCX", async () => {
      const fresh = await connected(user("twice-at-once"));
      await world.record(fresh.providerUserId, { durationSeconds: 600 });
      const found: SyncMessage[] = [];
      const context = await openContext({
        ...env,
        SYNC: {
          send: async (body: SyncMessage) => {
            found.push(body);
            return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
          },
        },
      } as unknown as Env);
      await pushUnheard(fresh.providerUserId);
      await consumeHints(context, hint(fresh.providerUserId, world.now()));
      const [left] = found;
      expect(left?.work.kind).toBe("sync");
      if (left === undefined) return;
      const real = await openContext(env);
      await Promise.all([
        consumeSync(real, { id: "left", attempts: 1, message: left }),
        consumeSync(real, { id: "left", attempts: 1, message: left }),
      ]);
      await consumeSync(real, { id: "left", attempts: 2, message: left });
      await world.untilFeed(user("twice-at-once"), 1);
      await world.quiet(fresh.providerUserId);
      expect(await world.calls(fresh.providerUserId, world.paths.tcx)).toHaveLength(1);
      expect(await world.listCalls(fresh.providerUserId)).toBeLessThanOrEqual(3);
      expect((await world.feed(user("twice-at-once"))).map((change) => change.activity.revision)).toEqual([
        1,
      ]);
    });
  });
});
