// What a push costs, in the units that the platform bills: docs/scaling.md multiplies these figures, so they must not grow
// unnoticed. The local emulator counts D1 rows as the platform does; it is not a bill.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { Meter, noUsage } from "./meter.ts";
import { World } from "./world.ts";

/** List, heart rate and TCX; Google's zones need one more for their bounds. */
const callsOfRun = { fitbit: 3, "google-health": 4 } as const;

/** Rows of the object: that one more call has to be lent first. */
const rowsOfRun = { fitbit: 11, "google-health": 12 } as const;

describe.each(providerNames)("the cost at %s", (provider) => {
  const world = new World(41, provider);
  const userId = `costly-${provider}`;
  let meter: Meter;
  let account: string;

  beforeAll(async () => {
    ({ providerUserId: account } = await world.connect(userId));
    await settled();
    meter = new Meter();
    await runInDurableObject(world.account(account), (_object, state) => meter.watchStorage(state.storage));
    await passHour();
  });

  afterAll(() => meter.stop());

  /** Longer than the queues keep a message back. */
  async function settled(): Promise<void> {
    for (let round = 0; round < 4; round++) await world.quiet(account);
  }

  /** An hour without a push. Google's token ends with it, and its renewal is no part of what a push costs. */
  async function passHour(): Promise<void> {
    await world.pass(3600, account);
    await settled();
    if (provider === "fitbit") return;
    await world.pushForNothing(account);
    await settled();
  }

  it("of a push that brings no exercise is one message, one list and two calls of the object, without a write to D1", async () => {
    const lists = await world.listCalls(account);
    meter.read();
    await world.pushForNothing(account);
    await settled();
    const usage = meter.read();
    expect(await world.listCalls(account)).toBe(lists + 1);
    expect(usage).toMatchObject({ queueMessages: 1, objectRequests: 2, d1RowsWritten: 0, r2Puts: 0 });
    expect(usage.d1RowsRead).toBeLessThanOrEqual(1);
    expect(usage.objectRowsWritten).toBeLessThanOrEqual(7);
  });

  it("of the look that follows 15 minutes later is the same once more", async () => {
    await world.control("POST", "/sim/clock", { advanceSeconds: 1000 });
    const lists = await world.listCalls(account);
    meter.read();
    await world.account(account).runDue({ now: world.now() });
    await settled();
    const usage = meter.read();
    expect(await world.listCalls(account)).toBe(lists + 1);
    expect(usage).toMatchObject({ queueMessages: 1, objectRequests: 3, d1RowsWritten: 0, r2Puts: 0 });
    expect(usage.d1RowsRead).toBeLessThanOrEqual(1);
    expect(usage.objectRowsWritten).toBeLessThanOrEqual(6);
  });

  it("of an hour's run is two messages, three or four calls of the provider and a few rows, its samples being in R2", async () => {
    await passHour();
    const calls = (await world.calls(account)).length;
    meter.read();
    await world.record(account, { durationSeconds: 3600 });
    await world.push(account);
    await world.until(async () =>
      expect((await world.calls(account)).length).toBe(calls + callsOfRun[provider]),
    );
    await settled();
    const usage = meter.read();
    await world.untilFeed(userId, 1);
    expect(usage).toMatchObject({ queueMessages: 2, r2Puts: 3 });
    expect(usage.objectRequests).toBeLessThanOrEqual(4);
    expect(usage.objectRowsWritten).toBeLessThanOrEqual(rowsOfRun[provider]);
    expect(usage.d1RowsWritten).toBeLessThanOrEqual(23);
    expect(usage.d1RowsRead).toBeLessThanOrEqual(12);
    expect(usage.r2BytesPut).toBeLessThan(250_000);
    const { results } = await env.DB.prepare("SELECT length(entry) AS bytes FROM activities").all<{
      bytes: number;
    }>();
    for (const { bytes } of results) expect(bytes).toBeLessThan(2_000);
  });

  it("of a poll with nothing new is one row read", async () => {
    const { nextPageToken } = await world.api<{ nextPageToken: string }>("/v1/activities");
    meter.read();
    await world.api(`/v1/activities?pageToken=${nextPageToken}`);
    expect(meter.read()).toEqual({ ...noUsage, d1Queries: 1, d1RowsRead: 1 });
  });
});
