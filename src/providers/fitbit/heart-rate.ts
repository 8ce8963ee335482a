// Heart rate by second for a window of at most a day, in one call and in absolute time, or the reason why there is none.
// The series comes as wall times without date or zone: wall-clock.ts gives them dates, time-basis.ts a clock. Nothing is
// interpolated: "1sec" means as stored, a point every 1 to 15 s (reference §5).

import { z } from "zod";
import type {
  CallContext,
  HeartRatePage,
  HeartRateRequest,
  MissingReason,
  ProviderResult,
  RateReading,
} from "../port.ts";
import { badResponse, callForJson, type FitbitApi, failed, type Refusal } from "./call.ts";
import { type Question, timeBasisOf, wallWindow } from "./time-basis.ts";
import { placeOnDates, toAbsolute, type WallWindow, wallClock, wallDate } from "./wall-clock.ts";

/**
 * Only the series is read. What stands beside it differs by the form of the request (a flat element with an average as
 * text, or the zones of each day: both observed), and the summary has the zones already.
 */
const answerShape = z.object({
  "activities-heart-intraday": z.object({ dataset: z.array(z.unknown()) }).optional(),
});

/** Asks for the samples between two instants. Needs the heartrate scope and an application that Fitbit approved for intraday. */
export async function fetchHeartRate(
  api: FitbitApi,
  context: CallContext,
  request: HeartRateRequest,
): Promise<ProviderResult<HeartRatePage>> {
  const question: Question = { ...request, now: context.now };
  const window = wallWindow(question);
  const answer = await callForJson(api, context, { path: pathOf(window) });
  if (!answer.ok) {
    const reason = reasonOf(answer);
    return reason === null ? failed(answer) : missing(reason, answer.rate);
  }
  const parsed = answerShape.safeParse(answer.json);
  if (!parsed.success) {
    return { ok: false, error: badResponse("The provider's heart rate cannot be read."), rate: answer.rate };
  }
  const intraday = parsed.data["activities-heart-intraday"];
  // An application that is not approved may get the daily part alone, with status 200 (reference §5, community).
  if (intraday === undefined) return missing("provider_refused", answer.rate);

  const samples = placeOnDates(intraday.dataset, window);
  const timeBasis = timeBasisOf(samples, question);
  const clockOffsetSeconds = timeBasis === "utc" ? 0 : request.utcOffsetSeconds;
  const placed = toAbsolute(samples, clockOffsetSeconds, request.startTime, request.endTime);
  if (placed.length === 0) return missing("not_worn", answer.rate);
  return {
    ok: true,
    value: { result: { kind: "samples", samples: placed, timeBasis }, nextPage: null },
    rate: answer.rate,
  };
}

/**
 * The form with two dates and both times, seconds included: the documented times stop at minutes, and would cut up to 59 s
 * off each end; the links that Fitbit itself writes carry seconds (observed).
 */
function pathOf(window: WallWindow): string {
  const dates = `${wallDate(window.start)}/${wallDate(window.end)}`;
  const times = `${wallClock(window.start)}/${wallClock(window.end)}`;
  return `/1/user/-/activities/heart/date/${dates}/1sec/time/${times}.json?timezone=UTC`;
}

/** Refusals that are answers about this data, not failures of the call. */
function reasonOf(refused: Refusal): MissingReason | null {
  if (refused.status !== 403 || refused.webPage) return null;
  if (refused.errorTypes.has("insufficient_scope")) return "scope_not_granted";
  return refused.errorTypes.has("insufficient_permissions") ? "provider_refused" : null;
}

function missing(reason: MissingReason, rate: RateReading | null): ProviderResult<HeartRatePage> {
  return { ok: true, value: { result: { kind: "missing", reason }, nextPage: null }, rate };
}
