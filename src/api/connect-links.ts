// `POST /v1/connect-links`: a page where one user may connect one account, 10 minutes, once.

import { createRoute, z } from "@hono/zod-openapi";
import { and, eq } from "drizzle-orm";
import { createLink } from "../connect/links.ts";
import { allowedReturnUrl } from "../connect/return-url.ts";
import { databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import { readClock } from "../kernel/clock.ts";
import { asId, type ProviderName, providerNames, type UserId } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";
import { requireScope } from "./authenticate.ts";
import { apiRouter, problems } from "./router.ts";
import { timeOutput, timeText, userIdInput } from "./schemas.ts";

const route = createRoute({
  method: "post",
  path: "/connect-links",
  summary: "Make a link where a user connects their account",
  description: "The page shows who connects what. It works for 10 minutes and once. Scope `connect`.",
  tags: ["Connections"],
  middleware: requireScope("connect"),
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            userId: userIdInput,
            displayName: z.string().min(1).max(100).optional().openapi({ description: "Shown on the page." }),
            provider: z.enum(providerNames).optional().openapi({
              description:
                "By default the first of `PROVIDERS`. For a user whose `fitbit` connection is `provider_gone`, `fitbit` makes a link to `google-health`.",
            }),
            returnUrl: z.string().max(2000).optional().openapi({
              description:
                "Where the user goes afterwards, with `status` (`connected`, `denied`) and `connectionId` added. Its origin must be one of `RETURN_ORIGINS`.",
            }),
          }),
        },
      },
    },
  },
  responses: {
    201: {
      description: "The link",
      content: {
        "application/json": {
          schema: z.object({ url: z.url(), expiresAt: timeOutput }).openapi("ConnectLink"),
        },
      },
    },
    ...problems("invalid_request", "too_large"),
  },
});

export const connectLinkRoutes = apiRouter().openapi(route, async (c) => {
  const { configuration } = c.var;
  const body = c.req.valid("json");
  const { token, expiresAt } = await createLink(
    c.env,
    {
      userId: asId<UserId>(body.userId),
      displayName: body.displayName ?? null,
      provider: await livingProvider(
        c.env,
        asId<UserId>(body.userId),
        configuration.providers,
        chooseProvider(configuration.providers, body.provider),
      ),
      returnUrl:
        body.returnUrl === undefined ? null : checkReturnUrl(body.returnUrl, configuration.returnOrigins),
    },
    await readClock(configuration),
  );
  return c.json({ url: `${configuration.publicUrl}/connect/${token}`, expiresAt: timeText(expiresAt) }, 201);
});

function chooseProvider(offered: readonly ProviderName[], asked: ProviderName | undefined): ProviderName {
  const chosen = offered.find((name) => asked === undefined || name === asked);
  if (chosen !== undefined) return chosen;
  throw new ProblemError("invalid_request", `This service offers: ${offered.join(", ")}.`, {
    field: "body.provider",
  });
}

/** A link to a service that has ended for this user would lead nowhere: it becomes one to its successor. */
async function livingProvider(
  env: Env,
  userId: UserId,
  offered: readonly ProviderName[],
  chosen: ProviderName,
): Promise<ProviderName> {
  if (chosen !== "fitbit" || !offered.includes("google-health")) return chosen;
  const gone = await databaseFor(env, userId)
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.userId, userId),
        eq(connections.provider, chosen),
        eq(connections.status, "provider_gone"),
      ),
    )
    .get();
  return gone === undefined ? chosen : "google-health";
}

function checkReturnUrl(address: string, origins: readonly string[]): string {
  const allowed = allowedReturnUrl(address, origins);
  if (allowed !== null) return allowed;
  throw new ProblemError(
    "invalid_request",
    "The return address is not of an origin that this service returns to.",
    {
      field: "body.returnUrl",
    },
  );
}
