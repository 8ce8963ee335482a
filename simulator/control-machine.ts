// Control routes about the machine instead of the people: what goes wrong, settings, the clock, what was called, what was
// pushed, and pushes that nothing caused.

import { Hono } from "hono";
import {
  clockSchema,
  faultsSchema,
  notificationsSchema,
  readInput,
  settingsSchema,
} from "./control-input.ts";
import { enqueue, verifySubscriber } from "./fitbit/deliveries.ts";
import { controlGoogle, googleSettings, replayGoogle } from "./google-health/control.ts";
import { jsonResponse } from "./json.ts";
import type { State } from "./state.ts";

/** Routes on the given state; `reset` empties it. */
export function controlMachine(state: State, reset: () => void): Hono {
  const app = new Hono();
  // A push that nothing caused: a replay, or a forged claim. It is signed like any other.
  app.post("/sim/notifications", async (context) => {
    const input = await readInput(context.req.raw, notificationsSchema);
    if (input instanceof Response) return input;
    const google = input.flatMap((one) => ("data" in one ? [one.data] : []));
    enqueue(
      state,
      input.flatMap((one) => ("data" in one ? [] : [{ providerUserId: one.ownerId, element: one }])),
    );
    replayGoogle(state, google);
    return jsonResponse(200, { notifications: input.length });
  });

  app.get("/sim/faults", () => jsonResponse(200, { faults: state.faults.list() }));
  app.put("/sim/faults", async (context) => {
    const input = await readInput(context.req.raw, faultsSchema);
    if (input instanceof Response) return input;
    state.faults.replace(input);
    return jsonResponse(200, { faults: state.faults.list() });
  });
  const settings = () => jsonResponse(200, { ...state.settings, google: googleSettings(state) });
  app.get("/sim/settings", () => settings());
  app.put("/sim/settings", async (context) => {
    const input = await readInput(context.req.raw, settingsSchema);
    if (input instanceof Response) return input;
    const { google, ...rest } = input;
    Object.assign(state.settings, rest);
    if (google && state.google) Object.assign(state.google.settings, google);
    return settings();
  });

  const time = () =>
    jsonResponse(200, {
      now: new Date(state.clock.now()).toISOString(),
      offsetSeconds: state.clock.offsetSeconds(),
    });
  app.get("/sim/clock", time);
  app.post("/sim/clock", async (context) => {
    const input = await readInput(context.req.raw, clockSchema);
    if (input instanceof Response) return input;
    state.clock.advance(input.advanceSeconds);
    return time();
  });

  app.get("/sim/calls", (context) => {
    const id = context.req.query("providerUserId");
    const calls = id === undefined ? state.calls : state.calls.filter((call) => call.providerUserId === id);
    return jsonResponse(200, { calls: calls.map((call) => ({ ...call })) });
  });
  app.get("/sim/deliveries", () =>
    jsonResponse(200, {
      deliveries: state.deliveries.map((delivery) => ({
        ...delivery,
        notifications: delivery.notifications,
      })),
      queued: state.queue.map((push) => ({
        provider: push.provider,
        attempt: push.attempt,
        dueAt: new Date(push.dueAtMs).toISOString(),
        notifications: push.notifications.map((one) => one.element),
      })),
      subscriber: {
        verified: state.subscriber.verified,
        enabled: state.subscriber.enabled,
        failuresInARow: state.subscriber.failuresInARow,
      },
    }),
  );
  app.post("/sim/verify-subscriber", async () => jsonResponse(200, { ...(await verifySubscriber(state)) }));
  app.post("/sim/reset", () => {
    reset();
    return new Response(null, { status: 204 });
  });

  app.route("/", controlGoogle(state));
  return app;
}
