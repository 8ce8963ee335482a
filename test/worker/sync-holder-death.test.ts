// The holder of a lease dies, or sleeps and wakes up late, at every step (rule 3): after the deadline exactly one revision
// of every activity stands, and an old holder changes nothing visible.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { openContext } from "../../src/sync/context.ts";
import { syncMessage } from "../../src/sync/messages.ts";
import { consumeSync } from "../../src/sync/sync-consumer.ts";
import { World } from "./world.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Where a holder can be struck. */
const steps = ["begin", "list", "heart_rate", "tcx", "object_write", "row_write", "lease_end"] as const;
const googleSteps = [...steps, "zone_bounds"] as const;
type Step = (typeof googleSteps)[number];
/** Google tells the bounds of heart-rate zones in a call of their own; in Fitbit's list they stand. */
const stepsOf: Readonly<Record<ProviderName, readonly Step[]>> = {
  fitbit: steps,
  "google-health": googleSteps,
};

/** What happens at the step: after it was carried out, and before anybody learns of it. */
type Strike = () => Promise<void>;

describe.each(providerNames)("a sync at %s", (provider) => {
  const world = new World(31, provider);

  /** The step that a call to the provider is. */
  function stepOfCall(url: string): Step | null {
    if (url.includes(world.paths.list)) return "list";
    if (url.includes(world.paths.tcx)) return "tcx";
    if (url.includes(world.paths.heartRate)) return "heart_rate";
    return url.includes("/dataTypes/daily-heart-rate-zones/") ? "zone_bounds" : null;
  }

  /** The Worker's bindings as one holder sees them: `strike` runs at the step, and once dead nothing works any more. */
  function holderEnvironment(step: Step, strike: Strike): { environment: Env; wasStruck: () => boolean } {
    let isDead = false;
    let struck = false;
    const at = async (here: Step) => {
      if (isDead) throw new Error("this holder is dead");
      if (here !== step || struck) return;
      struck = true;
      try {
        await strike();
      } catch (exception) {
        isDead = true;
        throw exception;
      }
    };
    const alive = () => {
      if (isDead) throw new Error("this holder is dead");
    };
    world.intercept = (request) => {
      const here = stepOfCall(request.url);
      if (here === null || here !== step || struck) return null;
      return (async () => {
        const response = await world.simulator.fetch(request);
        await at(here);
        return response;
      })();
    };
    const environment = {
      ...env,
      DB: {
        prepare: (query: string) => {
          alive();
          return env.DB.prepare(query);
        },
        batch: async (statements: D1PreparedStatement[]) => {
          alive();
          const results = await env.DB.batch(statements);
          await at("row_write");
          return results;
        },
      },
      DOCUMENTS: {
        get: (key: string) => env.DOCUMENTS.get(key),
        put: async (key: string, value: ArrayBuffer, options: R2PutOptions) => {
          alive();
          const object = await env.DOCUMENTS.put(key, value, options);
          await at("object_write");
          return object;
        },
      },
      ACCOUNT_SYNC: {
        getByName: (name: string) => {
          const stub = env.ACCOUNT_SYNC.getByName(name);
          return new Proxy(stub, {
            get: (target, property) => {
              alive();
              if (property === "begin") {
                return async (request: Parameters<typeof target.begin>[0]) => {
                  const answer = await target.begin(request);
                  await at("begin");
                  return answer;
                };
              }
              if (property === "end") {
                return async (request: Parameters<typeof target.end>[0]) => {
                  await at("lease_end");
                  return await target.end(request);
                };
              }
              return Reflect.get(target, property, target);
            },
          });
        },
      },
    } as unknown as Env;
    return { environment, wasStruck: () => struck };
  }

  /** A connection with two activities that nobody has told us of. */
  async function withUnsyncedActivities(userId: string) {
    const { connectionId, providerUserId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.record(providerUserId, { name: "Run", durationSeconds: 300 });
    await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
    await world.faults({ fault: "lose" });
    await world.push(providerUserId);
    await world.faults();
    const message = syncMessage(world.accountName(providerUserId), { kind: "sync", trigger: "manual" });
    return { connectionId, providerUserId, message };
  }

  async function expectOneRevisionEach(userId: string): Promise<void> {
    const changes = await world.untilFeed(userId, 2);
    expect(changes.map((change) => [change.activity.title, change.activity.revision]).sort()).toEqual([
      ["Run", 1],
      ["Walk", 1],
    ]);
    for (const change of changes) {
      const document = await world.document(change.activity.id);
      expect(document.revision).toBe(1);
    }
  }

  describe.each(stepsOf[provider])("a holder struck at %s", (step) => {
    it("that dies is followed by another after the deadline, and every activity stands once", async () => {
      const userId = `dies-${step}-${provider}`;
      const { providerUserId, message } = await withUnsyncedActivities(userId);
      const { environment, wasStruck } = holderEnvironment(step, async () => {
        throw new Error("struck dead");
      });
      const context = await openContext(environment);
      await consumeSync(context, { id: userId, attempts: 1, message });
      expect(wasStruck()).toBe(true);
      world.intercept = () => null;
      await world.pass(125, providerUserId);
      await expectOneRevisionEach(userId);
    });

    it("that sleeps past its deadline wakes up to change nothing visible", async () => {
      const userId = `sleeps-${step}-${provider}`;
      const { providerUserId, message } = await withUnsyncedActivities(userId);
      let isAwake = false;
      let isAsleep = false;
      const { environment } = holderEnvironment(step, async () => {
        isAsleep = true;
        while (!isAwake) await pause(5);
      });
      const context = await openContext(environment);
      const old = consumeSync(context, { id: userId, attempts: 1, message });
      await world.until(async () => expect(isAsleep).toBe(true));
      world.intercept = () => null;
      await world.pass(125, providerUserId);
      await expectOneRevisionEach(userId);
      // The world has moved on: a newer state stands before the old holder opens its eyes.
      const [first] = await world.feed(userId);
      const renamed = { name: "Renamed", displayName: "Renamed" };
      await world.edit(providerUserId, first?.activity.sourceActivityId ?? "", renamed);
      const newest = await world.until(async () => {
        const changes = await world.feed(userId);
        expect(changes.map((change) => change.activity.title)).toContain("Renamed");
        return changes;
      });
      isAwake = true;
      await old;
      await world.quiet(providerUserId);
      expect(await world.feed(userId)).toEqual(newest);
    });

    it("while the account's object is evicted goes on, and every activity stands once", async () => {
      const userId = `evicted-${step}-${provider}`;
      const { providerUserId, message } = await withUnsyncedActivities(userId);
      const { environment, wasStruck } = holderEnvironment(step, () => world.evict(providerUserId));
      const context = await openContext(environment);
      await consumeSync(context, { id: userId, attempts: 1, message });
      expect(wasStruck()).toBe(true);
      world.intercept = () => null;
      await world.pass(125, providerUserId);
      await expectOneRevisionEach(userId);
    });
  });
});
