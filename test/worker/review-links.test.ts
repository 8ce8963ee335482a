// What happens when making or ending a connection meets a sync, a refresh or another callback half-way. The object waits for
// D1 and for the provider in the middle of each, so every pair of them is let loose on each other here.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import {
  accountName,
  asId,
  type ConnectionId,
  type ProviderName,
  type ProviderUserId,
  providerNames,
  type UserId,
} from "../../src/kernel/ids.ts";
import type { LinkRequest } from "../../src/sync/account/account-protocol.ts";
import type { AccountState } from "../../src/sync/account/account-state.ts";
import type { Work } from "../../src/sync/messages.ts";
import { emptyList, grantRefused } from "./provider-answers.ts";
import { World } from "./world.ts";

interface LinkFacts {
  readonly callsPerWindow: number;
  /** After this long nobody can be about to make a call that was lent, and a new window has begun. */
  readonly lentBackSeconds: number;
  readonly tokenSeconds: number;
  /** Whose pair the holder works with after another user's consent to the same account. */
  readonly pairAfterASecondUser: "first" | "second";
}

const facts: Readonly<Record<ProviderName, LinkFacts>> = {
  // Only the newest pair lives at Fitbit, so the holder goes on with it.
  fitbit: {
    callsPerWindow: 150,
    lentBackSeconds: 3700,
    tokenSeconds: 8 * 3600,
    pairAfterASecondUser: "second",
  },
  // Grants live beside each other at Google, so the holder keeps its own.
  "google-health": {
    callsPerWindow: 300,
    // Longer than its windows of a minute, because a borrower is given up after five.
    lentBackSeconds: 400,
    tokenSeconds: 3600,
    pairAfterASecondUser: "first",
  },
};

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(81, provider);
  const user = (name: string) => `${name}-${provider}`;
  const run = (name: string) => `run_${name}_${provider}`;
  const { callsPerWindow, lentBackSeconds, tokenSeconds, pairAfterASecondUser } = facts[provider];
  const look: Work = { kind: "look", trigger: "manual" };
  const backfill: Work = { kind: "backfill", runId: run("review"), since: 0, cursor: 0, until: 1 };

  function begin(providerUserId: string, work: Work = look) {
    return world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
  }

  /** A callback's word to the object, with a pair of the test's own. */
  function linkRequest(userId: string, providerUserId: string, mark: string): LinkRequest {
    return {
      userId: asId<UserId>(userId),
      displayName: null,
      provider,
      providerUserId: asId<ProviderUserId>(providerUserId),
      tokens: {
        accessToken: `access-${mark}`,
        refreshToken: `refresh-${mark}`,
        expiresAt: world.now() + tokenSeconds * 1000,
        scopes: ["activity", "heartrate", "location", "profile", "settings"],
      },
      backfillDays: 0,
      formerAccount: null,
      carried: null,
      liveFrom: null,
      now: world.now(),
    };
  }

  /** What the object has stored, and what is due. */
  async function stored(
    providerUserId: string,
  ): Promise<{ state: AccountState; due: { key: string; at: number }[] }> {
    return await runInDurableObject(world.account(providerUserId), (_object, context) => {
      const { sql } = context.storage;
      const { value } = sql.exec<{ value: string }>("SELECT value FROM state").one();
      const due = sql.exec<{ key: string; at: number }>("SELECT key, at FROM due ORDER BY key").toArray();
      return { state: JSON.parse(value) as AccountState, due };
    });
  }

  async function row(connectionId: string) {
    return await env.DB.prepare("SELECT status, tokens, fence FROM connections WHERE id = ?")
      .bind(connectionId)
      .first<{ status: string; tokens: string | null; fence: number }>();
  }

  /** Lists are empty and take any token, because the simulator does not know the pairs of these tests. */
  function emptyLists(request: Request): Promise<Response> | null {
    return request.url.includes(world.paths.list) ? Promise.resolve(emptyList(provider)) : null;
  }

  /** A stub for use within the object's own fetch, which may not use one that the test has made. */
  function sameAccount(providerUserId: string) {
    return env.ACCOUNT_SYNC.getByName(accountName(provider, asId<ProviderUserId>(providerUserId)));
  }

  /** Does `meanwhile` after the provider got a refresh and before its answer arrives. */
  function duringRefresh(meanwhile: () => Promise<unknown>, answer?: () => Response): void {
    world.intercept = (request) => {
      if (!request.url.endsWith(world.paths.token)) return null;
      world.intercept = emptyLists;
      return (async () => {
        const real = await world.simulator.fetch(request);
        await meanwhile();
        return answer === undefined ? real : answer();
      })();
    };
  }

  let restoreDatabase = (): void => undefined;
  afterEach(() => {
    world.intercept = () => null;
    restoreDatabase();
  });

  /** Lets the object wait for D1 as long as it may have to, so that what comes meanwhile comes before D1's answer. */
  async function slowDatabase(providerUserId: string): Promise<void> {
    await runInDurableObject(world.account(providerUserId), (object) => {
      const { env: bindings } = object as unknown as { env: { DB: D1Database } };
      const { DB } = bindings;
      restoreDatabase = () => {
        bindings.DB = DB;
      };
      const slowly = async <Value>(work: () => Promise<Value>): Promise<Value> => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return await work();
      };
      const slow = (statement: D1PreparedStatement): D1PreparedStatement =>
        new Proxy(statement, {
          get(target, name) {
            const value = Reflect.get(target, name) as unknown;
            if (typeof value !== "function") return value;
            const bound = value.bind(target) as (...values: unknown[]) => unknown;
            if (name === "bind")
              return (...values: unknown[]) => slow(bound(...values) as D1PreparedStatement);
            return (...values: unknown[]) => slowly(async () => await bound(...values));
          },
        });
      bindings.DB = new Proxy(DB, {
        get(target, name) {
          if (name === "prepare") return (text: string) => slow(target.prepare(text));
          const value = Reflect.get(target, name) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    });
  }

  async function quietConnection(userId: string) {
    const connected = await world.connect(userId);
    await world.quiet(connected.providerUserId);
    return connected;
  }

  async function expiredConnection(userId: string) {
    const connected = await quietConnection(userId);
    await world.control("POST", "/sim/clock", { advanceSeconds: tokenSeconds });
    return connected;
  }

  describe("two callbacks for one account at the same time", () => {
    it("of two users make one connection, and the other user is told that the account is taken", async () => {
      const providerUserId = await world.newAccount();
      const stub = world.account(providerUserId);
      await slowDatabase(providerUserId);
      const answers = await Promise.all([
        stub.link(linkRequest(user("first"), providerUserId, "first")),
        stub.link(linkRequest(user("second"), providerUserId, "second")),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(["linked", "held"]);
      expect(await begin(providerUserId)).toMatchObject({
        status: "leased",
        lease: { accessToken: `access-${pairAfterASecondUser}`, link: { userId: user("first") } },
      });
    });

    it("of one user's two tabs make one connection", async () => {
      const providerUserId = await world.newAccount();
      const stub = world.account(providerUserId);
      await slowDatabase(providerUserId);
      const answers = await Promise.all([
        stub.link(linkRequest(user("tabs"), providerUserId, "one")),
        stub.link(linkRequest(user("tabs"), providerUserId, "two")),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(["linked", "linked"]);
      expect(await begin(providerUserId)).toMatchObject({ lease: { accessToken: "access-two" } });
    });
  });

  describe("a disconnect", () => {
    it("lets nobody begin while it is under way, so nothing is written above its fence", async () => {
      const { connectionId, providerUserId } = await quietConnection(user("ends-begin"));
      const id = asId<ConnectionId>(connectionId);
      await slowDatabase(providerUserId);
      const [unlinked, begun] = await Promise.all([
        world.account(providerUserId).unlink({ connectionId: id, message: null, now: world.now() }),
        begin(providerUserId),
      ]);
      expect(unlinked.status).toBe("unlinked");
      expect(begun.status).toBe("unknown_account");
    });

    it("during a refresh leaves no token behind: not in the object, not in D1, not at the provider", async () => {
      const { connectionId, providerUserId } = await expiredConnection(user("ends-refresh"));
      const id = asId<ConnectionId>(connectionId);
      duringRefresh(() =>
        sameAccount(providerUserId).unlink({ connectionId: id, message: null, now: world.now() }),
      );
      expect((await begin(providerUserId)).status).not.toBe("leased");
      const { state, due } = await stored(providerUserId);
      expect(state).toMatchObject({ link: null, tokens: null, lease: null, halted: null });
      expect(due).toEqual([]);
      expect(await row(connectionId)).toMatchObject({ status: "disconnected", tokens: null });
      expect(await world.calls(providerUserId, world.paths.revoke)).toHaveLength(1);
    });

    it("closes the runs that somebody waits for", async () => {
      const { connectionId, providerUserId } = await quietConnection(user("ends-run"));
      await env.DB.prepare(
        "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at) VALUES (?, ?, ?, 'backfill', 'queued', ?)",
      )
        .bind(run("waits"), connectionId, user("ends-run"), world.now())
        .run();
      await world
        .account(providerUserId)
        .unlink({ connectionId: asId<ConnectionId>(connectionId), message: null, now: world.now() });
      const ended = (await world.runs(connectionId)).find(({ id }) => id === run("waits"));
      expect(ended).toMatchObject({ status: "failed", error: { code: "disconnected" } });
    });

    // Only Fitbit pushes that consent was withdrawn; at Google nobody is disconnected on a push's word.
    if (provider === "fitbit") {
      it("that was meant for an older grant does not end the newer one", async () => {
        const { connectionId, providerUserId } = await quietConnection(user("older-grant"));
        const stub = world.account(providerUserId);
        world.intercept = (request) => {
          if (!request.url.endsWith("/introspect")) return null;
          world.intercept = () => null;
          return (async () => {
            await world.control("POST", "/sim/clock", { advanceSeconds: 1 });
            await stub.link(linkRequest(user("older-grant"), providerUserId, "newer"));
            return Response.json({ active: false });
          })();
        };
        await world.deliver(providerUserId, { kind: "revocation", receivedAt: world.now() });
        expect(await row(connectionId)).toMatchObject({ status: "active" });
        expect(await begin(providerUserId)).toMatchObject({ lease: { accessToken: "access-newer" } });
      });
    }
  });

  describe("a reconnect", () => {
    it("outlives the refusal of the grant before, which arrives after it", async () => {
      const { connectionId, providerUserId } = await expiredConnection(user("reconnects"));
      duringRefresh(
        () => sameAccount(providerUserId).link(linkRequest(user("reconnects"), providerUserId, "new")),
        () => grantRefused(provider),
      );
      expect((await begin(providerUserId)).status).not.toBe("leased");
      expect(await row(connectionId)).toMatchObject({ status: "active" });
      await world.quiet(providerUserId);
      await world.control("POST", "/sim/clock", { advanceSeconds: 300 });
      expect(await begin(providerUserId)).toMatchObject({ lease: { accessToken: "access-new" } });
    });

    it("keeps its pair when the refresh of the one before is answered after it", async () => {
      const { providerUserId } = await expiredConnection(user("reconnects-late"));
      duringRefresh(() =>
        sameAccount(providerUserId).link(linkRequest(user("reconnects-late"), providerUserId, "kept")),
      );
      await begin(providerUserId);
      await world.quiet(providerUserId);
      await world.control("POST", "/sim/clock", { advanceSeconds: 300 });
      expect(await begin(providerUserId)).toMatchObject({ lease: { accessToken: "access-kept" } });
    });

    it("does not lose the history that was being fetched", async () => {
      const { providerUserId } = await quietConnection(user("reconnects-history"));
      expect((await begin(providerUserId, backfill)).status).toBe("leased");
      await world
        .account(providerUserId)
        .link(linkRequest(user("reconnects-history"), providerUserId, "new"));
      await world.until(async () => {
        const found = await env.DB.prepare("SELECT status FROM sync_runs WHERE id = ?")
          .bind(run("review"))
          .first();
        expect(found).not.toBeNull();
      });
    });
  });

  describe("calls that were lent", () => {
    it.each(["link", "unlink", "halt"] as const)("are not missing for ever after a %s", async (how) => {
      const { connectionId, providerUserId } = await quietConnection(user(`lent-${how}`));
      const stub = world.account(providerUserId);
      expect(await begin(providerUserId)).toMatchObject({ status: "leased", lease: { calls: 3 } });
      const now = world.now();
      if (how === "link") await stub.link(linkRequest(user(`lent-${how}`), providerUserId, "again"));
      if (how === "unlink")
        await stub.unlink({ connectionId: asId<ConnectionId>(connectionId), message: null, now });
      if (how === "halt") await stub.halt({ reason: "needs_reauthorization", now });
      const { state } = await stored(providerUserId);
      expect(state.lease).toBeNull();
      expect(state.budget.reserved).toBe(0);
    });

    it("and never given back, because their borrower died, are there again later", async () => {
      const { providerUserId } = await quietConnection(user("lent-died"));
      const stub = world.account(providerUserId);
      await stub.permit({ calls: 100, priority: "fresh", now: world.now() });
      await world.control("POST", "/sim/clock", { advanceSeconds: lentBackSeconds });
      expect(await stub.permit({ calls: callsPerWindow, priority: "fresh", now: world.now() })).toMatchObject(
        {
          status: "permitted",
          calls: callsPerWindow,
        },
      );
    });
  });

  describe("a holder that died", () => {
    it("leaves its work behind, whoever comes before the alarm", async () => {
      const { providerUserId } = await quietConnection(user("dead-holder"));
      expect((await begin(providerUserId, { ...backfill, runId: run("dead") })).status).toBe("leased");
      // The alarm rings in real time, which stands still while the simulated clock passes the deadline.
      await world.control("POST", "/sim/clock", { advanceSeconds: 121 });
      expect((await begin(providerUserId)).status).toBe("leased");
      await world.until(async () => {
        const found = await env.DB.prepare("SELECT status FROM sync_runs WHERE id = ?")
          .bind(run("dead"))
          .first();
        const { due } = await stored(providerUserId);
        const waits = due.some(({ key }) => key.includes(`backfill:${run("dead")}`));
        expect(found !== null || waits).toBe(true);
      });
    });
  });
});
