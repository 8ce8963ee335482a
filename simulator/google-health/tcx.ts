// GET …/dataPoints/{id}:exportExerciseTcx: raw with alt=media, else in a JSON envelope as plain text (API description).
// It needs two scopes. Without a route there is nothing to export, unless partialData asks for the points all the same.
// Content type, and what partial points look like, are not known: the first is Fitbit's, the second one point a minute.

import { asOfNow, visibleActivity, wearerOf } from "../activities.ts";
import { targetOf } from "../faults.ts";
import { jsonResponse } from "../json.ts";
import { isStillLate } from "../late-data.ts";
import { writeTcx } from "../tcx-write.ts";
import { workoutPoints } from "../workout.ts";
import type { Caller } from "./authentication.ts";
import { googleError, notFound, permissionDenied, scopeInsufficient } from "./errors.ts";
import { activityScope, locationScope } from "./scopes.ts";
import type { GoogleSimulator } from "./state.ts";

const partialStepSeconds = 60;

export function exportTcx(
  state: GoogleSimulator,
  { account, token }: Caller,
  request: Request,
  id: string,
): Response {
  if (![activityScope, locationScope].every((scope) => token.scopes.includes(scope))) {
    return scopeInsufficient();
  }
  const found = visibleActivity(account, id);
  if (!found) return notFound();
  const activity = asOfNow(state, found);
  const query = new URL(request.url).searchParams;
  const raw = query.get("alt") === "media" && !state.google.settings.tcxEnvelope;
  const answer = (body: string | Uint8Array) => tcxAnswer(body, raw);

  const target = targetOf(account, request);
  switch (state.faults.take(["tcx_204", "tcx_400", "tcx_403", "tcx_404", "tcx_empty"], target)?.fault) {
    case "tcx_204":
      return new Response(null, { status: 204 });
    case "tcx_400":
      return googleError(400, "Request contains an invalid argument.");
    case "tcx_403":
      return permissionDenied();
    case "tcx_404":
      return notFound();
    case "tcx_empty":
      return answer("");
    default:
  }
  if (isStillLate(state, found, "late_tcx", target)) return notFound();
  const { recipe, file, logType } = activity;
  const partial = query.get("partialData") === "true" && logType !== "manual";
  if (!recipe.gps && !partial) {
    return state.google.settings.tcxWithoutGps === "empty" ? answer("") : notFound();
  }
  if (file) return answer(file.bytes);
  const withHeartRate = !isStillLate(state, found, "late_heart_rate", target);
  const points = workoutPoints(
    recipe,
    wearerOf(state, account, activity),
    recipe.gps ? 1 : partialStepSeconds,
  );
  return answer(writeTcx(account, activity, points, withHeartRate));
}

function tcxAnswer(body: string | Uint8Array, raw: boolean): Response {
  if (!raw) {
    return jsonResponse(200, { tcxData: typeof body === "string" ? body : new TextDecoder().decode(body) });
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Response(bytes.slice(), {
    headers: { "content-type": "application/vnd.garmin.tcx+xml; charset=utf-8" },
  });
}
