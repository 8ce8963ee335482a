// `GET /v1/users/{userId}/heart-rate`: the heart rate of a window of at most 24 hours, straight from the provider, with a
// token and a call that the account's object lends. It stores nothing.

import { createRoute, z } from "@hono/zod-openapi";
import { measureStream } from "../activities/completeness.ts";
import type { StreamCompleteness } from "../activities/document.ts";
import { requireActive } from "../connect/find-connection.ts";
import { databaseFor } from "../db/databases.ts";
import { readClock } from "../kernel/clock.ts";
import { asId, type UserId } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";
import type { HeartRateResult, HeartRateSample } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import { fetchHeartRateWindow, type WindowAnswer } from "../sync/heart-rate-window.ts";
import { findUsersConnection } from "../sync/users-connection.ts";
import { streamCompletenessSchema } from "./activity-schema.ts";
import { requireScope } from "./authenticate.ts";
import { apiRouter, problems } from "./router.ts";
import { timeOutput, timeText } from "./schemas.ts";

const windowAtMost = 24 * 3_600_000;

const instant = z.iso.datetime({ offset: true, error: "an RFC 3339 date-time with its offset" });

const route = createRoute({
  method: "get",
  path: "/users/{userId}/heart-rate",
  summary: "A user's heart rate in a window",
  description: "At most 24 hours, second by second where the provider has it. Scope `read`.",
  tags: ["Heart rate"],
  middleware: requireScope("read"),
  request: {
    params: z.object({ userId: z.string() }),
    query: z.object({ start: instant, end: instant }),
  },
  responses: {
    200: {
      description: "The samples, in order; gaps are gaps",
      content: {
        "application/json": {
          schema: z
            .object({
              samples: z.array(z.object({ time: timeOutput, bpm: z.int() })),
              timeBasis: z.enum(["utc", "inferred"]).openapi({
                description:
                  "`inferred`: the provider gave local times, and the offset is the nearest activity's.",
              }),
              completeness: streamCompletenessSchema,
            })
            .openapi("HeartRate"),
        },
      },
    },
    ...problems(
      "invalid_request",
      "window_too_large",
      "not_found",
      "connection_not_active",
      "rate_limited",
      "provider_failed",
    ),
  },
});

export const heartRateRoutes = apiRouter().openapi(route, async (c) => {
  const query = c.req.valid("query");
  const window = { startTime: Date.parse(query.start), endTime: Date.parse(query.end) };
  if (window.endTime <= window.startTime) {
    throw new ProblemError("invalid_request", "The end must come after the start.", { field: "query.end" });
  }
  if (window.endTime - window.startTime > windowAtMost) {
    throw new ProblemError("window_too_large", "A window may hold 24 hours.", { field: "query.end" });
  }
  const userId = asId<UserId>(c.req.valid("param").userId);
  const database = databaseFor(c.env, userId);
  const connection = await findUsersConnection(database, userId);
  if (connection === null) throw new ProblemError("not_found", "This user has no connection.");
  requireActive(connection);
  const provider = providerFor(c.var.configuration, connection.provider);
  const now = await readClock(c.var.configuration);
  if (window.startTime > now) {
    throw new ProblemError("invalid_request", "The window lies in the future.", { field: "query.start" });
  }
  const answer = resultOf(
    await fetchHeartRateWindow(c.env, { database, connection, provider }, window, now),
    now,
  );
  // An adapter may answer with more than was asked.
  const samples =
    answer.kind === "samples"
      ? answer.samples.filter(({ time }) => time >= window.startTime && time <= window.endTime)
      : [];
  return c.json(
    {
      samples: samples.map(({ time, bpm }) => ({ time: timeText(time), bpm })),
      timeBasis: answer.kind === "samples" ? answer.timeBasis : "utc",
      completeness: completenessOf(answer, samples, window),
    },
    200,
  );
});

/** An empty set means that nobody wore the device; why a part is missing is not known. */
function completenessOf(
  answer: HeartRateResult,
  samples: readonly HeartRateSample[],
  { startTime, endTime }: { readonly startTime: number; readonly endTime: number },
): StreamCompleteness {
  // Samples that all lie outside the window say that the device was worn, and nothing about the window.
  const isElsewhere = answer.kind === "samples" && answer.samples.length > 0 && samples.length === 0;
  const empty = isElsewhere ? "provider_has_none" : samples.length === 0 ? "not_worn" : undefined;
  const reason = answer.kind === "missing" ? answer.reason : empty;
  return measureStream(
    samples.map(({ time }) => time),
    { start: startTime, end: endTime, activeSeconds: (endTime - startTime) / 1000 },
    reason,
  );
}

/** What the provider answered; throws the problem that stands for no answer. */
function resultOf(answer: WindowAnswer, now: number): HeartRateResult {
  switch (answer.kind) {
    case "rate_limited": {
      const retryAfterSeconds = Math.max(1, Math.ceil((answer.until - now) / 1000));
      throw new ProblemError("rate_limited", "The account's calls are spent until its window rolls.", {
        headers: { "retry-after": String(retryAfterSeconds) },
      });
    }
    case "failed":
      throw new ProblemError("provider_failed", answer.error.message);
    case "not_active":
      throw new ProblemError(
        "connection_not_active",
        "The connection is not active; the user has to reconnect.",
      );
    default:
      return answer;
  }
}
