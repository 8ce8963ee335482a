// A provider that an operator has taken out of PROVIDERS while connections to it still wait for their users.

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { openContext } from "../../src/sync/context.ts";
import { consumeHints } from "../../src/sync/hint-consumer.ts";
import { syncMessage } from "../../src/sync/messages.ts";
import { runSchedule } from "../../src/sync/schedule.ts";
import { consumeSync } from "../../src/sync/sync-consumer.ts";
import { World } from "./world.ts";

const world = new World(47);
const day = 86_400;

it("is neither asked nor swept, and nothing fails or is disconnected because of it", async () => {
  const { connectionId, providerUserId } = await world.connect("not-offered");
  await world.quiet(providerUserId);
  await world.control("POST", "/sim/clock", { advanceSeconds: 2 * day });
  const before = (await world.calls(providerUserId)).length;
  const context = await openContext({ ...env, PROVIDERS: "google-health" });
  const account = world.accountName(providerUserId);
  await runSchedule(context);
  await consumeHints(context, {
    version: 1,
    kind: "hints",
    hints: [{ account, collection: "activities", dates: [], windows: [], receivedAt: world.now() }],
  });
  const message = syncMessage(account, { kind: "look", trigger: "sweep" });
  expect(await consumeSync(context, { id: "message", attempts: 1, message })).toEqual({ kind: "done" });
  await world.quiet(providerUserId);
  expect(await world.calls(providerUserId)).toHaveLength(before);
  expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "active" });

  await runSchedule(await openContext(env));
  await world.until(async () => expect((await world.calls(providerUserId)).length).toBeGreaterThan(before));
});
