// Refreshes (rule 5) at either provider: one however many ask, and no way to lose what it brought. Fitbit's refresh token works
// once and Google's stays: what follows from that alone stands at the end, under the provider's name.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { tokenRefused } from "./provider-answers.ts";
import { World } from "./world.ts";

const hours = 3600;
/** How long access tokens live: 28,800 s at Fitbit, 3,599 s at Google (documented). */
const lifetimeHours = { fitbit: 8, "google-health": 1 } as const;
const work = { kind: "look", trigger: "manual" } as const;

async function tokensVersion(connectionId: string): Promise<number> {
  const row = await env.DB.prepare("SELECT tokens_version AS version FROM connections WHERE id = ?")
    .bind(connectionId)
    .first<{ version: number }>();
  return row?.version ?? 0;
}

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(21, provider);
  const userNamed = (name: string) => `${name}-${provider}`;

  /** A connection whose access token has just expired. */
  async function expired(userId: string) {
    const connection = await world.connect(userId);
    await world.quiet(connection.providerUserId);
    await world.control("POST", "/sim/clock", { advanceSeconds: lifetimeHours[provider] * hours });
    return connection;
  }

  /** Puts `answer` in the place of the simulator's answers to refreshes. */
  function answerRefreshes(answer: (real: Response) => Promise<Response>): void {
    world.intercept = (request) => {
      if (!request.url.includes(world.paths.token)) return null;
      return (async () => {
        const body = await request.clone().text();
        const real = await world.simulator.fetch(request);
        return body.includes("grant_type=refresh_token") ? await answer(real) : real;
      })();
    };
  }

  /** Refreshes that the provider got for an account: its token calls but for the exchange of the code. */
  async function refreshes(providerUserId: string): Promise<number> {
    return (await world.calls(providerUserId, world.paths.token)).length - 1;
  }

  async function status(connectionId: string): Promise<string> {
    return (await world.api<{ status: string }>(`/v1/connections/${connectionId}`)).status;
  }

  /** Records a run, and answers when it is in the feed. */
  async function recordAndArrive(userId: string, providerUserId: string): Promise<void> {
    await world.record(providerUserId, { durationSeconds: 300 });
    await world.push(providerUserId);
    await world.untilFeed(userId, 1);
  }

  describe("an expired access token", () => {
    it("is refreshed once for a hundred that ask at the same time", async () => {
      const { providerUserId } = await expired(userNamed("hundred"));
      const stub = world.account(providerUserId);
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => stub.begin({ work, receivedAt: null, now: world.now() })),
      );
      expect(answers.filter((answer) => answer.status === "leased")).toHaveLength(1);
      expect(answers.filter((answer) => answer.status === "busy")).toHaveLength(99);
      expect(await refreshes(providerUserId)).toBe(1);
    });

    it("is refreshed once for permits that ask beside a lease", async () => {
      const { providerUserId } = await expired(userNamed("permits"));
      const stub = world.account(providerUserId);
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => stub.permit({ calls: 1, priority: "fresh", now: world.now() })),
      );
      expect(answers.every((answer) => answer.status === "permitted")).toBe(true);
      expect(await refreshes(providerUserId)).toBe(1);
    });

    it("whose refresh was answered into the void is asked for again within the provider's window", async () => {
      const { connectionId, providerUserId } = await expired(userNamed("lost-answer"));
      await world.faults({ fault: "refresh_answer_lost", count: 2 });
      const begun = await world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
      expect(begun).toMatchObject({ status: "waiting" });
      expect(begun.status === "waiting" && begun.until - world.now()).toBeLessThanOrEqual(5_000);
      await world.pass(6, providerUserId);
      await world.until(async () => expect(await refreshes(providerUserId)).toBe(2));
      await world.quiet(providerUserId);
      await world.pass(15, providerUserId);
      await world.until(async () => expect(await refreshes(providerUserId)).toBe(3));
      expect(await status(connectionId)).toBe("active");
      await recordAndArrive(userNamed("lost-answer"), providerUserId);
      expect(await refreshes(providerUserId)).toBe(3);
    });

    it("survives the object's death between the provider's answer and everything else", async () => {
      const { connectionId, providerUserId } = await expired(userNamed("evicted"));
      answerRefreshes(async () => {
        throw new TypeError("the connection broke");
      });
      await world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
      await world.evict(providerUserId);
      world.intercept = () => null;
      await world.pass(6, providerUserId);
      await recordAndArrive(userNamed("evicted"), providerUserId);
      // The one whose answer got lost, and the identical one that brought the same pair.
      expect(await refreshes(providerUserId)).toBe(2);
      expect(await status(connectionId)).toBe("active");
    });

    it("whose new pair D1 does not take is kept by the object, and written later", async () => {
      const { connectionId, providerUserId } = await expired(userNamed("database-fails"));
      const versionBefore = await tokensVersion(connectionId);
      answerRefreshes(async (real) => {
        await env.DB.exec("ALTER TABLE connections RENAME TO connections_away");
        return real;
      });
      const stub = world.account(providerUserId);
      const begun = await stub.begin({ work, receivedAt: null, now: world.now() });
      await env.DB.exec("ALTER TABLE connections_away RENAME TO connections");
      expect(begun.status).toBe("leased");
      expect(await tokensVersion(connectionId)).toBe(versionBefore);
      await world.evict(providerUserId);
      await world.control("POST", "/sim/clock", { advanceSeconds: 121 });
      const again = await world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
      expect(again.status).toBe("leased");
      expect(await refreshes(providerUserId)).toBe(1);
      expect(await tokensVersion(connectionId)).toBeGreaterThan(versionBefore);
    });

    it("that the provider will not renew any more ends the syncing, for good and without further calls", async () => {
      const { connectionId, providerUserId } = await expired(userNamed("revoked"));
      world.intercept = () => null;
      await world.faults({ fault: "lose" });
      await world.control("POST", `/sim/users/${providerUserId}/revoke`);
      await world.faults();
      await world.api(`/v1/connections/${connectionId}/sync`, { json: {}, status: 202 });
      await world.until(async () => expect(await status(connectionId)).toBe("needs_reauthorization"));
      await world.quiet(providerUserId);
      const calls = (await world.calls(providerUserId)).length;
      await world.api(`/v1/connections/${connectionId}/sync`, { json: {}, status: 409 });
      await world.pass(26 * hours, providerUserId);
      await world.quiet(providerUserId);
      expect((await world.calls(providerUserId)).length).toBe(calls);
    });

    it("is not the end when the token endpoint is down: nothing is lost, and the connection stays active", async () => {
      const { connectionId, providerUserId } = await expired(userNamed("token-503"));
      world.intercept = () => null;
      await world.record(providerUserId, { durationSeconds: 300 });
      await world.faults({ fault: "503", path: world.paths.token });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      for (let attempt = 0; attempt < 3; attempt++) {
        await world.pass(600, providerUserId);
        await world.quiet(providerUserId);
      }
      expect(await status(connectionId)).toBe("active");
      expect(await world.feed(userNamed("token-503"))).toHaveLength(0);
      await world.faults();
      await world.pass(3700, providerUserId);
      await world.untilFeed(userNamed("token-503"), 1);
      expect(await world.api("/v1/dead-letters")).toMatchObject({ deadLetters: [] });
    });
  });

  describe("a token whose key the deployment lacks", () => {
    it("waits for the key: nobody is disconnected by an operator's mistake", async () => {
      const { connectionId, providerUserId } = await world.connect(userNamed("key-missing"));
      await world.quiet(providerUserId);
      const renameKey = async (from: string, to: string) => {
        await runInDurableObject(world.account(providerUserId), (_object, state) => {
          state.storage.sql.exec("UPDATE state SET value = replace(value, ?, ?)", `v1.${from}.`, `v1.${to}.`);
        });
        await world.evict(providerUserId);
      };
      await renameKey("local-1", "lost");
      await world.record(providerUserId, { durationSeconds: 300 });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      expect(await status(connectionId)).toBe("active");
      expect(await world.feed(userNamed("key-missing"))).toHaveLength(0);
      await renameKey("lost", "local-1");
      await world.pass(16 * 60, providerUserId);
      await world.untilFeed(userNamed("key-missing"), 1);
    });
  });

  describe("a token that dies before its time", () => {
    it("is replaced once in the middle of a sync, and the sync goes on", async () => {
      const { connectionId, providerUserId } = await world.connect(userNamed("early-death"));
      await world.quiet(providerUserId);
      let refused = false;
      world.intercept = (request) => {
        if (refused || !request.url.includes(world.paths.list)) return null;
        refused = true;
        return Promise.resolve(tokenRefused(provider));
      };
      await recordAndArrive(userNamed("early-death"), providerUserId);
      expect(refused).toBe(true);
      expect(await status(connectionId)).toBe("active");
    });
  });
  // What follows is one provider's own.
  if (provider === "fitbit") {
    // Its refresh token works once, so two that refresh at the same time collide (Fitbit reference, documented).
    describe("an expired access token at Fitbit", () => {
      it("that somebody else refreshes at this moment (409) is waited for", async () => {
        const { connectionId, providerUserId } = await expired(userNamed("conflict"));
        await world.faults({ fault: "refresh_409", count: 1 });
        const begun = await world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
        expect(begun.status).toBe("waiting");
        await world.pass(6, providerUserId);
        await recordAndArrive(userNamed("conflict"), providerUserId);
        expect(await status(connectionId)).toBe("active");
      });
    });
  } else {
    // Its refresh token stays and its answers hold none (Google Health reference §2.2, documented).
    describe("the refresh token at Google", () => {
      /** The refresh tokens that were sent, in order; `given` is put into every answer. */
      function watchRefreshes(given: Record<string, string> = {}): (string | null)[] {
        const sent: (string | null)[] = [];
        world.intercept = (request) => {
          if (!request.url.includes(world.paths.token)) return null;
          return (async () => {
            sent.push(new URLSearchParams(await request.clone().text()).get("refresh_token"));
            const real = await world.simulator.fetch(request);
            const body = (await real.json()) as Record<string, unknown>;
            expect(body).not.toHaveProperty("refresh_token");
            return Response.json({ ...body, ...given });
          })();
        };
        return sent;
      }

      it("is kept, and renews the access token hour by hour", async () => {
        const { connectionId, providerUserId } = await expired(userNamed("kept"));
        const sent = watchRefreshes();
        for (let hour = 0; hour < 3; hour++) {
          const permit = await world
            .account(providerUserId)
            .permit({ calls: 1, priority: "fresh", now: world.now() });
          expect(permit.status).toBe("permitted");
          await world.control("POST", "/sim/clock", { advanceSeconds: hours });
        }
        world.intercept = () => null;
        expect(sent).toHaveLength(3);
        expect(sent[0]).toMatch(/^1\/\//);
        expect(new Set(sent).size).toBe(1);
        expect(await status(connectionId)).toBe("active");
      });

      it("gives way to another one, should an answer ever hold one", async () => {
        const { providerUserId } = await expired(userNamed("given"));
        const sent = watchRefreshes({ refresh_token: "1//another" });
        const stub = world.account(providerUserId);
        await stub.permit({ calls: 1, priority: "fresh", now: world.now() });
        await world.control("POST", "/sim/clock", { advanceSeconds: hours });
        // The simulator has never heard of it; what counts is that it was sent.
        world.intercept = (request) => {
          if (!request.url.includes(world.paths.token)) return null;
          return (async () => {
            sent.push(new URLSearchParams(await request.text()).get("refresh_token"));
            return Response.json({ access_token: "ya29.another", expires_in: 3599, token_type: "Bearer" });
          })();
        };
        await stub.permit({ calls: 1, priority: "fresh", now: world.now() });
        world.intercept = () => null;
        expect(sent.at(-1)).toBe("1//another");
      });
    });
  }
});
