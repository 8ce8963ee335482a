// `POST /v1/boosters/…`: what FitGlue's pipeline calls for an activity of any source. Each answers 200 with a `status`: that a
// booster had nothing to do, or has to wait, is no error of the run that called it.

import { createRoute, type z } from "@hono/zod-openapi";
import {
  hasHeartRate,
  overlayHeartRate,
  sessionsMilliseconds,
  windowOf,
} from "../boosters/fitbit-heart-rate.ts";
import { reportZones } from "../boosters/heart-rate-zones.ts";
import type { PostedActivity } from "../boosters/posted-activity.ts";
import { mapType } from "../boosters/type-mapper.ts";
import { readClock } from "../kernel/clock.ts";
import { asId, type UserId } from "../kernel/ids.ts";
import type { NoAnswer } from "../sync/lent-call.ts";
import { readUserHeartRate, type UserHeartRate } from "../sync/user-heart-rate.ts";
import { chooseZones } from "../sync/user-zones.ts";
import { requireScope } from "./authenticate.ts";
import { type BoosterExample, heartRateExample, typeExample, zonesExample } from "./booster-examples.ts";
import { boosterAnswer, heartRateBooster, typeBooster, zonesBooster } from "./booster-schemas.ts";
import { apiRouter, finished, problems } from "./router.ts";

/** What a provider is asked for at once. */
const longestWindowMilliseconds = 24 * 3_600_000;

type Answer = Omit<z.infer<typeof boosterAnswer>, "activity" | "metadata"> & {
  readonly activity: PostedActivity;
  readonly metadata: object;
};

interface BoosterDescription<Body extends z.ZodType> {
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly schema: Body;
  readonly example: BoosterExample;
}

function boosterRoute<Body extends z.ZodType>(booster: BoosterDescription<Body>) {
  const { schema, example } = booster;
  return createRoute({
    method: "post",
    path: `/boosters/${booster.path}`,
    summary: booster.summary,
    description: `${booster.description} Scope \`read\`; a body of 12 MiB at most.`,
    tags: ["Boosters"],
    middleware: requireScope("read"),
    request: {
      body: { required: true, content: { "application/json": { schema, example: example.request } } },
    },
    responses: {
      200: {
        description: "What came of it",
        content: { "application/json": { schema: boosterAnswer, example: example.answer } },
      },
      ...problems("invalid_request"),
    },
  });
}

const heartRateRoute = boosterRoute({
  path: "fitbit-heart-rate",
  summary: "Lay the user's heart rate over an activity",
  description:
    "By absolute time, linear between samples at most 10 s apart and nothing beyond; from what is stored, and else from the provider.",
  schema: heartRateBooster,
  example: heartRateExample,
});
const zonesRoute = boosterRoute({
  path: "heart-rate-zones",
  summary: "Time in heart-rate zones",
  description: "From the activity's own records; a gap of more than 10 s counts for no zone.",
  schema: zonesBooster,
  example: zonesExample,
});
const typeRoute = boosterRoute({
  path: "type-mapper",
  summary: "Another type, by words of the title",
  description: "Ordered rules; the first that matches wins.",
  schema: typeBooster,
  example: typeExample,
});

export const boosterRoutes = apiRouter()
  .openapi(heartRateRoute, async (c) => {
    const { userId, activity, options } = c.req.valid("json");
    const now = await readClock(c.var.configuration);
    // Asked before the provider is: what needs no heart rate costs no call.
    if (!options.force && hasHeartRate(activity)) return answer(skipped(activity, "has_heart_rate"));
    const window = windowOf(activity);
    if (window === null) return answer(skipped(activity, "no_duration"));
    if (Math.max(window.end - window.start, sessionsMilliseconds(activity)) > longestWindowMilliseconds) {
      return answer(skipped(activity, "longer_than_24_hours"));
    }
    if (window.start > now) return answer(skipped(activity, "in_the_future"));
    const heartRate = await readUserHeartRate(
      c.env,
      c.var.configuration,
      asId<UserId>(userId),
      { startTime: window.start, endTime: window.end },
      now,
    );
    const unavailable = withoutHeartRate(activity, heartRate, now);
    if (unavailable !== null) return answer(unavailable);
    const { samples, isFinal } = heartRate.kind === "samples" ? heartRate : { samples: [], isFinal: false };
    const overlay = overlayHeartRate(activity, samples, { force: options.force, now, isFinal });
    switch (overlay.status) {
      case "merged": {
        const origin =
          heartRate.kind === "samples" ? { timeBasis: heartRate.timeBasis, from: heartRate.from } : {};
        const metadata = { ...overlay.metadata, ...origin };
        return answer({ activity: overlay.activity, status: overlay.status, metadata });
      }
      case "retry":
        return answer(retry(activity, overlay.reason, overlay.retryAfterSeconds));
      case "skipped": {
        const reason = heartRate.kind === "missing" ? heartRate.reason : overlay.reason;
        return answer(skipped(activity, reason));
      }
      default:
        return overlay satisfies never;
    }
  })
  .openapi(zonesRoute, async (c) => {
    const { userId, activity, options } = c.req.valid("json");
    if (!hasHeartRate(activity)) return answer(skipped(activity, "no_heart_rate"));
    const now = await readClock(c.var.configuration);
    const chosen = await chooseZones(
      c.env,
      c.var.configuration,
      { userId: userId === undefined ? null : asId<UserId>(userId), activity, options },
      now,
    );
    if (chosen.kind === "none") return answer(skipped(activity, chosen.reason));
    if (chosen.kind !== "zones") return answer(unanswered(activity, chosen, now));
    const report = reportZones(activity, { ...options, zones: chosen.zones });
    if (report === null) return answer(skipped(activity, "records_too_far_apart"));
    const { text, ...figures } = report;
    const metadata = { model: options.model, maxHr: chosen.maxHeartRate ?? undefined, ...figures };
    return answer({ activity, status: "applied", description: text, metadata });
  })
  .openapi(typeRoute, (c) => {
    const { activity, options } = c.req.valid("json");
    return answer(mapType(activity, options));
  });

/** Serialised once, whatever its size: an activity may hold tens of thousands of records. */
function answer(value: Answer): never {
  return finished(Response.json(value));
}

/** Why there is nothing to lay over; null where the samples decide, or what the provider has none of may still come. */
function withoutHeartRate(activity: PostedActivity, heartRate: UserHeartRate, now: number): Answer | null {
  switch (heartRate.kind) {
    case "samples":
      return null;
    case "missing":
      // An empty set of a device that has not synced looks like one of a device that was not worn.
      return heartRate.reason === "not_worn" ? null : skipped(activity, heartRate.reason);
    case "no_connection":
      return skipped(activity, "not_connected");
    default:
      return unanswered(activity, heartRate, now);
  }
}

/** What a provider that gave no answer means for the run that called. */
function unanswered(activity: PostedActivity, why: NoAnswer, now: number): Answer {
  switch (why.kind) {
    case "not_active":
      return skipped(activity, "connection_not_active");
    case "rate_limited":
      return retry(activity, "rate_limited", Math.max(1, Math.ceil((why.until - now) / 1000)));
    case "failed":
      return {
        activity,
        status: "failed",
        metadata: { reason: why.error.code, message: why.error.message },
      };
    default:
      return why satisfies never;
  }
}

function skipped(activity: PostedActivity, reason: string): Answer {
  return { activity, status: "skipped", metadata: { reason } };
}

function retry(activity: PostedActivity, reason: string, retryAfterSeconds: number): Answer {
  return { activity, status: "retry", retryAfterSeconds, metadata: { reason } };
}
