// Routes of a developer's own machine, absent (404) anywhere else. They need no key, because only loopback reaches them:
// the configuration says that the Worker is local, and the request itself must have come to a loopback address.

import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { sampleLinkPath, sampleUserId } from "../connect/home.ts";
import { allDatabases } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import { accountName } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";
import { isForeignForm } from "../pages/foreign-form.ts";
import { createPortalLink } from "../portal/links.ts";
import { openContext } from "../sync/context.ts";
import { runSchedule } from "../sync/schedule.ts";
import { timeText } from "./schemas.ts";

const loopbackHosts: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

const localOnly = createMiddleware<AppEnvironment>(async (c, next) => {
  const isLoopback = loopbackHosts.has(new URL(c.req.url).hostname);
  if (!c.var.configuration.isLocal || !isLoopback || isForeignForm(c, c.var.configuration.publicUrl)) {
    throw new ProblemError("not_found", "There is nothing at this address.");
  }
  await next();
});

export const developmentRoutes = new Hono<AppEnvironment>()
  .use("/dev/*", localOnly)
  .post("/dev/connect", async (c) => {
    const { configuration } = c.var;
    const asked = (await c.req.parseBody()).provider;
    const provider = configuration.providers.find((name) => asked === undefined || name === asked);
    if (provider === undefined) {
      throw new ProblemError(
        "invalid_request",
        `This service offers: ${configuration.providers.join(", ")}.`,
        {
          field: "body.provider",
        },
      );
    }
    return c.redirect(await sampleLinkPath(c.env, provider, await readClock(configuration)), 303);
  })
  .post("/dev/portal", async (c) => {
    const { path } = await createPortalLink(c.env, sampleUserId, await readClock(c.var.configuration));
    return c.redirect(path, 303);
  })
  // What is due by the simulated clock: alarms ring in real time and cron does not fire locally.
  .post("/dev/tick", async (c) => {
    const now = await readClock(c.var.configuration);
    for (const database of allDatabases(c.env)) {
      const accounts = await database
        .select({ provider: connections.provider, providerUserId: connections.providerUserId })
        .from(connections);
      for (const { provider, providerUserId } of accounts) {
        await c.env.ACCOUNT_SYNC.getByName(accountName(provider, providerUserId)).runDue({ now });
      }
    }
    await runSchedule(await openContext(c.env));
    return c.json({ ranAt: timeText(now) });
  });
