// The control API under /sim: make accounts, record and edit activities, let a device sync, revoke, move the clock, choose
// what goes wrong, and read what was called and pushed. Wrong input gets 400 with what is wrong and where. It is not
// part of any provider and must not be reachable where untrusted people are.

import { Hono } from "hono";
import { controlAccounts } from "./control-accounts.ts";
import { controlMachine } from "./control-machine.ts";
import { sendDue } from "./deliveries.ts";
import { jsonResponse } from "./json.ts";
import type { Providers } from "./provider.ts";
import type { State } from "./state.ts";

/** The control routes on the given state; `reset` empties it. */
export function controlApi(state: State, providers: Providers, reset: () => void): Hono {
  const app = new Hono();
  const channels = { fitbit: providers.fitbit.channel, "google-health": providers["google-health"].channel };
  // A control call that changes something also performs the pushes that have fallen due; reading changes nothing.
  app.use("/sim/*", async (context, next) => {
    await next();
    if (context.req.method !== "GET") await sendDue(state, channels);
  });
  app.route("/", controlAccounts(state, providers));
  app.route("/", controlMachine(state, reset));
  app.notFound((context) =>
    jsonResponse(404, { error: `There is no control route ${context.req.method} ${context.req.path}.` }),
  );
  return app;
}
