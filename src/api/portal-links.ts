// `POST /v1/portal-links`: a link that opens the portal for one user, 10 minutes, once.

import { createRoute, z } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import { asId, type UserId } from "../kernel/ids.ts";
import { createPortalLink } from "../portal/links.ts";
import { checkScope } from "./authenticate.ts";
import { apiRouter, problems } from "./router.ts";
import { timeOutput, timeText, userIdInput } from "./schemas.ts";

/** Whoever opens the link can do all of this, so a key cannot make one that does more than the key itself. */
const requireAllOfTheUsers = createMiddleware<AppEnvironment>(async (c, next) => {
  for (const scope of ["read", "connect", "erase"] as const) checkScope(c.var.apiKey, scope);
  await next();
});

const route = createRoute({
  method: "post",
  path: "/portal-links",
  summary: "Make a link where a user sees their connections and activities",
  description:
    "The link works for 10 minutes and once; then its browser may see and change what this user has, for 12 hours. Scopes `read`, `connect` and `erase`.",
  tags: ["Portal"],
  middleware: requireAllOfTheUsers,
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ userId: userIdInput }) } },
    },
  },
  responses: {
    201: {
      description: "The link",
      content: {
        "application/json": {
          schema: z.object({ url: z.url(), expiresAt: timeOutput }).openapi("PortalLink"),
        },
      },
    },
    ...problems("invalid_request", "too_large"),
  },
});

export const portalLinkRoutes = apiRouter().openapi(route, async (c) => {
  const { configuration } = c.var;
  const userId = asId<UserId>(c.req.valid("json").userId);
  const { path, expiresAt } = await createPortalLink(c.env, userId, await readClock(configuration));
  return c.json({ url: `${configuration.publicUrl}${path}`, expiresAt: timeText(expiresAt) }, 201);
});
