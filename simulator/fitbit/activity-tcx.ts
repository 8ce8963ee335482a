// GET /1/user/-/activities/{logId}.tcx ("Get Activity TCX", dev.fitbit.com): needs the scopes activity and location.
// Points without position (includePartialTCX) are the simulator's inference: no genuine sample is known.

import { visibleActivity, wearerOf } from "../activities.ts";
import { targetOf } from "../faults.ts";
import { isStillLate } from "../late-data.ts";
import type { State } from "../state.ts";
import { emptyTcx, writeTcx } from "../tcx-write.ts";
import { workoutPoints } from "../workout.ts";
import { activityNotFound } from "./activity-list.ts";
import type { Caller } from "./authentication.ts";
import { fitbitError, scopeMissing } from "./errors.ts";

const partialStepSeconds = 60;

export function getTcx(state: State, caller: Caller, request: Request, logId: string): Response {
  for (const scope of ["activity", "location"]) {
    if (!caller.token.scopes.includes(scope)) return scopeMissing(scope);
  }
  const { account } = caller;
  const activity = visibleActivity(account, logId);
  if (!activity) return activityNotFound(logId);

  const url = new URL(request.url);
  const target = targetOf(account, request);
  switch (state.faults.take(["tcx_204", "tcx_400", "tcx_403", "tcx_404", "tcx_empty"], target)?.fault) {
    case "tcx_204":
      return new Response(null, { status: 204 });
    case "tcx_400":
      return fitbitError(400, "request", "The TCX could not be made.", { fieldName: "n/a" });
    case "tcx_403":
      return fitbitError(
        403,
        "insufficient_permissions",
        "API client is not authorized to access the resource requested.",
      );
    case "tcx_404":
      return activityNotFound(logId);
    case "tcx_empty":
      return tcxAnswer(emptyTcx(account, activity));
    default:
  }
  if (isStillLate(state, activity, "late_tcx", target)) return tcxAnswer(emptyTcx(account, activity));
  if (activity.file) return tcxAnswer(activity.file.bytes);

  const { recipe } = activity;
  const partial = url.searchParams.get("includePartialTCX") === "true";
  const partialAllowed = state.settings.intradayAccess || !state.settings.partialTcxNeedsIntraday;
  const manual = activity.logType === "manual";
  if (manual || (!recipe.gps && !(partial && partialAllowed))) return tcxAnswer(emptyTcx(account, activity));
  const withHeartRate = !isStillLate(state, activity, "late_heart_rate", target);
  const step = recipe.gps ? 1 : partialStepSeconds;
  const points = workoutPoints(recipe, wearerOf(state, account, activity), step);
  return tcxAnswer(writeTcx(account, activity, points, withHeartRate));
}

/** The content type of the real answer is unknown. */
function tcxAnswer(body: string | Uint8Array): Response {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Response(bytes.slice(), {
    headers: { "content-type": "application/vnd.garmin.tcx+xml;charset=UTF-8" },
  });
}
