// GET /1/user/-/activities/list.json and one entry by id ("Get Activity Log List", dev.fitbit.com). Paging is by offset,
// so rows shift when something is inserted or removed in between; a client must de-duplicate. The filter is the start
// in local time; nothing can be asked for by when it was modified.

import { visibleActivities, visibleActivity } from "../activities.ts";
import { targetOf } from "../faults.ts";
import { jsonResponse } from "../json.ts";
import type { RecordedActivity, State } from "../state.ts";
import { localDateTime } from "../time-zone.ts";
import { activityEntry } from "./activity-entry.ts";
import type { Caller } from "./authentication.ts";
import { fitbitError, scopeMissing } from "./errors.ts";

const dateOrTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/;
const largestLimit = 100;

export function listActivities(state: State, caller: Caller, request: Request): Response {
  if (!caller.token.scopes.includes("activity")) return scopeMissing("activity");
  const url = new URL(request.url);
  const query = url.searchParams;
  const invalid = (fieldName: string, message: string) =>
    fitbitError(400, "validation", message, { fieldName, withoutSuccess: true });

  const afterDate = query.get("afterDate");
  const beforeDate = query.get("beforeDate");
  if (!afterDate && !beforeDate) return invalid("date", "beforeDate or afterDate is required");
  for (const [name, value] of [
    ["afterDate", afterDate],
    ["beforeDate", beforeDate],
  ] as const) {
    // An empty afterDate beside a beforeDate is refused since mid-2024 (community).
    if (value !== null && (!dateOrTime.test(value) || Number.isNaN(Date.parse(value)))) {
      return invalid(name, `Invalid date: ${value}`);
    }
  }
  const sort = query.get("sort");
  if (sort !== "asc" && sort !== "desc") return invalid("sort", "sort must be asc or desc");
  const limit = wholeNumber(query.get("limit"));
  if (limit === null || limit < 1 || limit > largestLimit)
    return invalid("limit", "limit must be between 1 and 100");
  const offset = wholeNumber(query.get("offset"));
  if (offset === null) return invalid("offset", "offset is required");

  const localStart = (activity: RecordedActivity) =>
    localDateTime(activity.recipe.startTimeMs, activity.recipe.utcOffsetSeconds);
  const from = afterDate ? padded(afterDate) : "";
  const to = beforeDate ? padded(beforeDate) : "9999";
  const matching = visibleActivities(caller.account).filter(
    (activity) => localStart(activity) >= from && localStart(activity) < to,
  );
  if (sort === "desc") matching.reverse();

  const take = (fault: "list_empty" | "list_without_key" | "list_shifted" | "list_repeated") =>
    state.faults.take([fault], targetOf(caller.account, request)) !== undefined;
  const empty = take("list_empty");
  // Something before this page was deleted, or inserted, since the page before.
  const shift = offset > 0 ? (take("list_shifted") ? 1 : take("list_repeated") ? -1 : 0) : 0;
  const rows = empty ? [] : matching.slice(offset + shift, offset + shift + limit);
  const more = !empty && offset + shift + limit < matching.length;

  const filter = afterDate ? { afterDate } : { beforeDate: beforeDate ?? "" };
  const next = new URLSearchParams({
    offset: String(offset + limit),
    limit: String(limit),
    sort,
    ...filter,
  });
  const pagination = {
    ...filter,
    limit,
    next: more ? `${state.options.url}/1/user/-/activities/list.json?${next}` : "",
    offset,
    previous: "",
    sort,
  };
  if (take("list_without_key")) return jsonResponse(200, { pagination });
  return jsonResponse(200, {
    activities: rows.map((activity) => activityEntry(state, caller.account, activity, request)),
    pagination,
  });
}

export function getActivity(state: State, caller: Caller, request: Request, logId: string): Response {
  if (!caller.token.scopes.includes("activity")) return scopeMissing("activity");
  const activity = visibleActivity(caller.account, logId);
  if (!activity) return activityNotFound(logId);
  return jsonResponse(200, { activityLog: activityEntry(state, caller.account, activity, request) });
}

export function activityNotFound(logId: string): Response {
  return fitbitError(404, "not_found", `The activity log ${logId} does not exist.`, { fieldName: "logId" });
}

/** A bare date means its midnight: afterDate=2017-09-01 includes that day (observed). */
function padded(value: string): string {
  return value.length === 10 ? `${value}T00:00:00` : value;
}

function wholeNumber(value: string | null): number | null {
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null;
}
