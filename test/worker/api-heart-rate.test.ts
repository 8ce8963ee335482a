// `GET /v1/users/{id}/heart-rate` at either provider: the samples of a window in absolute time, how complete they are, and what
// a caller is told when they are not to be had.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { tokenRefused } from "./provider-answers.ts";
import { api, problemOf } from "./request.ts";
import { World } from "./world.ts";

interface HeartRate {
  samples: { time: string; bpm: number }[];
  timeBasis: string;
  completeness: { state: string; reason?: string; coverage: number; samples: number };
}

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(12, provider);
  afterEach(async () => {
    world.intercept = () => null;
    await world.faults();
  });

  let users = 0;
  const newUser = () => `${provider}-user-${++users}`;

  describe("the heart rate of a window", () => {
    async function userWithRun(options: { scopes?: readonly string[] } = {}) {
      const user = newUser();
      const { providerUserId, connectionId } = await world.connect(user, options);
      const start = Math.floor((world.now() - 2 * 3_600_000) / 1000) * 1000;
      await world.record(providerUserId, { startTime: new Date(start).toISOString(), durationSeconds: 1800 });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      const path = `/v1/users/${user}/heart-rate?start=${new Date(start).toISOString()}&end=${new Date(start + 1_800_000).toISOString()}`;
      return { user, providerUserId, connectionId, path, start };
    }

    it("comes in order, inside the window, with how complete it is", async () => {
      const { path, start, providerUserId } = await userWithRun();
      const before = (await world.calls(providerUserId, world.paths.heartRate)).length;
      const answer = await world.api<HeartRate>(path);
      expect(answer.timeBasis).toBe("utc");
      expect(answer.completeness).toMatchObject({ state: "complete", samples: answer.samples.length });
      expect(answer.samples.length).toBeGreaterThan(300);
      const times = answer.samples.map(({ time }) => Date.parse(time));
      expect(times).toEqual([...times].sort((left, right) => left - right));
      expect(times[0]).toBeGreaterThanOrEqual(start);
      expect(times.at(-1)).toBeLessThanOrEqual(start + 1_800_000);
      expect((await world.calls(providerUserId, world.paths.heartRate)).length - before).toBe(1);
    });

    it("is refused for a window that lies in the future", async () => {
      const { user } = await userWithRun();
      const [from, to] = [3_600_000, 7_200_000].map((ahead) => new Date(world.now() + ahead).toISOString());
      const response = await api(`/v1/users/${user}/heart-rate?start=${from}&end=${to}`);
      expect(await problemOf(response)).toMatchObject({ status: 400, field: "query.start" });
    });

    it("says that the scope is missing, instead of failing", async () => {
      const { path } = await userWithRun({ scopes: ["activity", "profile"] });
      const answer = await world.api<HeartRate>(path);
      expect(answer).toMatchObject({
        samples: [],
        completeness: { state: "absent", reason: "scope_not_granted", coverage: 0 },
      });
    });

    it("is not there for a user without a connection", async () => {
      const response = await api(
        `/v1/users/nobody/heart-rate?start=2026-11-01T00:00:00Z&end=2026-11-01T01:00:00Z`,
      );
      expect(await problemOf(response)).toMatchObject({ status: 404, code: "not_found" });
    });

    it("is refused while the connection is not active", async () => {
      const { path, connectionId } = await userWithRun();
      await env.DB.prepare("UPDATE connections SET status = 'needs_reauthorization' WHERE id = ?")
        .bind(connectionId)
        .run();
      expect(await problemOf(await api(path))).toMatchObject({ status: 409, code: "connection_not_active" });
    });

    it("takes a new token when the provider refuses the one it had", async () => {
      const { path } = await userWithRun();
      let refused = 0;
      world.intercept = (request) => {
        if (!request.url.includes(world.paths.heartRate) || refused > 0) return null;
        refused += 1;
        return Promise.resolve(tokenRefused(provider));
      };
      const answer = await world.api<HeartRate>(path);
      expect(refused).toBe(1);
      expect(answer.completeness.state).toBe("complete");
    });

    it("says when to come back once the account's calls are spent", async () => {
      const { path, providerUserId } = await userWithRun();
      await world.faults({ fault: "429", path: world.paths.heartRate, providerUserId, count: 1 });
      const limited = await api(path);
      expect(await problemOf(limited.clone())).toMatchObject({ status: 429, code: "rate_limited" });
      expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
      // The account's object has learned it: nobody asks the provider before.
      const before = (await world.calls(providerUserId)).length;
      expect((await api(path)).status).toBe(429);
      expect((await world.calls(providerUserId)).length).toBe(before);
    });

    it("says that the provider failed, without its words", async () => {
      const { path } = await userWithRun();
      await world.faults({ fault: "500", path: world.paths.heartRate, count: 1 });
      expect(await problemOf(await api(path))).toMatchObject({ status: 502, code: "provider_failed" });
    });

    it("shows a connection whose provider has switched off for what it is", async () => {
      const { path, connectionId } = await userWithRun();
      await world.faults({ fault: "gone", path: world.paths.heartRate, count: 1 });
      expect((await api(path)).status).toBe(502);
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "provider_gone" });
    });

    // Google tells absolute time and cannot ignore what nobody asks it for.
    if (provider === "fitbit") {
      it.each(["America/Los_Angeles", "Asia/Tokyo"])(
        "is read in local time where the provider ignores that UTC was asked for (%s)",
        async (timezone) => {
          const user = newUser();
          const { providerUserId, connectionId } = await world.connect(user, { account: { timezone } });
          const local = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
          const offset = /GMT(.*)/.exec(local.format(world.now()))?.[1] ?? "Z";
          const hours = Number(offset.slice(0, 3));
          const start = Math.floor((world.now() - 26 * 3_600_000) / 1000) * 1000;
          const startTime = new Date(start + hours * 3_600_000).toISOString().replace(/\.\d+Z$/, offset);
          await world.record(providerUserId, { startTime, durationSeconds: 1800 });
          await world.push(providerUserId);
          await world.quiet(providerUserId);
          await world.api(`/v1/connections/${connectionId}/backfill`, {
            json: { since: new Date(start - 3_600_000).toISOString() },
            status: 202,
          });
          await world.untilFeed(user, 1);
          const ask = (from: number, to: number) =>
            world.api<HeartRate>(
              `/v1/users/${user}/heart-rate?start=${new Date(from).toISOString()}&end=${new Date(to).toISOString()}`,
            );
          const before = await ask(start, start + 1_800_000);
          expect(before).toMatchObject({ timeBasis: "utc", completeness: { state: "complete" } });
          await world.faults({ fault: "timezone_ignored", providerUserId });
          const after = await ask(start, start + 1_800_000);
          expect(after).toMatchObject({ timeBasis: "inferred", completeness: { state: "complete" } });
          expect(after.samples).toEqual(before.samples);
          await world.faults();
        },
      );
    }
  });
});
