// The refresh token works once (rule 5): one refresh however many ask, and no way to lose the new pair.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { World } from "./world.ts";

const world = new World(21);
const hours = 3600;
const work = { kind: "look", trigger: "manual" } as const;

/** A connection whose access token has just expired. */
async function expired(userId: string) {
  const connection = await world.connect(userId);
  await world.quiet(connection.providerUserId);
  await world.control("POST", "/sim/clock", { advanceSeconds: 8 * hours });
  return connection;
}

/** Puts `answer` in the place of the simulator's answers to refreshes. */
function answerRefreshes(answer: (real: Response) => Promise<Response>): void {
  world.intercept = (request) => {
    if (!request.url.includes("/oauth2/token")) return null;
    return (async () => {
      const body = await request.clone().text();
      const real = await world.simulator.fetch(request);
      return body.includes("grant_type=refresh_token") ? await answer(real) : real;
    })();
  };
}

/** Refreshes that the provider got for an account: its token calls but for the exchange of the code. */
async function refreshes(providerUserId: string): Promise<number> {
  return (await world.calls(providerUserId, "/oauth2/token")).length - 1;
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
    const { providerUserId } = await expired("hundred");
    const stub = world.account(providerUserId);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => stub.begin({ work, receivedAt: null, now: world.now() })),
    );
    expect(answers.filter((answer) => answer.status === "leased")).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === "busy")).toHaveLength(99);
    expect(await refreshes(providerUserId)).toBe(1);
  });

  it("is refreshed once for permits that ask beside a lease", async () => {
    const { providerUserId } = await expired("permits");
    const stub = world.account(providerUserId);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => stub.permit({ calls: 1, priority: "fresh", now: world.now() })),
    );
    expect(answers.every((answer) => answer.status === "permitted")).toBe(true);
    expect(await refreshes(providerUserId)).toBe(1);
  });

  it("whose refresh was answered into the void is asked for again within the provider's window", async () => {
    const { connectionId, providerUserId } = await expired("lost-answer");
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
    await recordAndArrive("lost-answer", providerUserId);
    expect(await refreshes(providerUserId)).toBe(3);
  });

  it("survives the object's death between the provider's answer and everything else", async () => {
    const { connectionId, providerUserId } = await expired("evicted");
    answerRefreshes(async () => {
      throw new TypeError("the connection broke");
    });
    await world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
    await world.evict(providerUserId);
    world.intercept = () => null;
    await world.pass(6, providerUserId);
    await recordAndArrive("evicted", providerUserId);
    // The one whose answer got lost, and the identical one that brought the same pair.
    expect(await refreshes(providerUserId)).toBe(2);
    expect(await status(connectionId)).toBe("active");
  });

  it("whose new pair D1 does not take is kept by the object, and written later", async () => {
    const { connectionId, providerUserId } = await expired("database-fails");
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
    const { connectionId, providerUserId } = await expired("revoked");
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
    const { connectionId, providerUserId } = await expired("token-503");
    world.intercept = () => null;
    await world.record(providerUserId, { durationSeconds: 300 });
    await world.faults({ fault: "503", path: "/oauth2/token" });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    for (let attempt = 0; attempt < 3; attempt++) {
      await world.pass(600, providerUserId);
      await world.quiet(providerUserId);
    }
    expect(await status(connectionId)).toBe("active");
    expect(await world.feed("token-503")).toHaveLength(0);
    await world.faults();
    await world.pass(3700, providerUserId);
    await world.untilFeed("token-503", 1);
    expect(await world.api("/v1/dead-letters")).toMatchObject({ deadLetters: [] });
  });

  it("that somebody else refreshes at this moment (409) is waited for", async () => {
    const { connectionId, providerUserId } = await expired("conflict");
    await world.faults({ fault: "refresh_409", count: 1 });
    const begun = await world.account(providerUserId).begin({ work, receivedAt: null, now: world.now() });
    expect(begun.status).toBe("waiting");
    await world.pass(6, providerUserId);
    await recordAndArrive("conflict", providerUserId);
    expect(await status(connectionId)).toBe("active");
  });
});

describe("a token whose key the deployment lacks", () => {
  it("waits for the key: nobody is disconnected by an operator's mistake", async () => {
    const { connectionId, providerUserId } = await world.connect("key-missing");
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
    expect(await world.feed("key-missing")).toHaveLength(0);
    await renameKey("lost", "local-1");
    await world.pass(16 * 60, providerUserId);
    await world.untilFeed("key-missing", 1);
  });
});

describe("a token that dies before its time", () => {
  it("is replaced once in the middle of a sync, and the sync goes on", async () => {
    const { connectionId, providerUserId } = await world.connect("early-death");
    await world.quiet(providerUserId);
    let refused = false;
    world.intercept = (request) => {
      if (refused || !request.url.includes("/activities/list.json")) return null;
      refused = true;
      return Promise.resolve(
        Response.json(
          { errors: [{ errorType: "expired_token", message: "Access token expired: x" }], success: false },
          { status: 401 },
        ),
      );
    };
    await recordAndArrive("early-death", providerUserId);
    expect(refused).toBe(true);
    expect(await status(connectionId)).toBe("active");
  });
});

async function tokensVersion(connectionId: string): Promise<number> {
  const row = await env.DB.prepare("SELECT tokens_version AS version FROM connections WHERE id = ?")
    .bind(connectionId)
    .first<{ version: number }>();
  return row?.version ?? 0;
}
