// Exercises: list, get, reconcile. Newest start first, 25 a page at most whatever is asked for, filtered by the civil start
// time and nothing else: nobody can ask for what was modified (API description, measured by several).

import { asOfNow, visibleActivities, visibleActivity } from "../activities.ts";
import { targetOf } from "../faults.ts";
import { jsonResponse } from "../json.ts";
import type { Account, RecordedActivity, State } from "../state.ts";
import { localDateTime } from "../time-zone.ts";
import type { Caller } from "./authentication.ts";
import { invalidArgument, notFound, scopeInsufficient } from "./errors.ts";
import { dataPointOf, exerciseOf, nameOf } from "./exercise.ts";
import { parseFilter } from "./filter.ts";
import { pageAnswer, readPage } from "./paging.ts";
import { activityScope } from "./scopes.ts";
import type { GoogleSimulator } from "./state.ts";

const member = "exercise.interval.civil_start_time";
const pageSizes = { usual: 25, largest: 25 };

/** The exercises that the cloud knows, newest start first. */
export function exercisesOf(state: State, account: Account): RecordedActivity[] {
  return visibleActivities(account)
    .map((activity) => asOfNow(state, activity))
    .reverse();
}

/** Answers the list, or with `reconciled` the stream in which each workout stands once and without its source. */
export function listExercises(
  state: GoogleSimulator,
  { account, token }: Caller,
  request: Request,
  options: { reconciled: boolean },
): Response {
  if (!token.scopes.includes(activityScope)) return scopeInsufficient();
  const query = new URL(request.url).searchParams;
  const filter = parseFilter(query.get("filter"), { [member]: "civil" });
  if (filter instanceof Response) return filter;
  const family = options.reconciled ? familyOf(query) : () => true;
  if (family instanceof Response) return family;
  const key = `exercise ${options.reconciled} ${query.get("filter")} ${query.get("dataSourceFamily")}`;
  const page = readPage(query, key, pageSizes);
  if (page instanceof Response) return page;

  const target = targetOf(account, request);
  const take = (fault: "list_empty" | "list_without_key" | "list_shifted" | "list_repeated" | "nan") =>
    state.faults.take([fault], target) !== undefined;
  if (take("list_empty")) return jsonResponse(200, {});
  if (take("list_without_key")) return jsonResponse(200, { nextPageToken: "" });
  const { from, to } = filter[member] ?? { from: null, to: null };
  const matching = exercisesOf(state, account).filter((activity) => {
    const start = localDateTime(activity.recipe.startTimeMs, activity.recipe.utcOffsetSeconds);
    // A bare date is its midnight, and is shorter than any time of its day.
    return (from === null || start >= from) && (to === null || start < to) && family(activity);
  });
  // Something before this page was deleted, or inserted, since the page before.
  const shift = page.offset > 0 ? (take("list_shifted") ? 1 : take("list_repeated") ? -1 : 0) : 0;
  const start = page.offset + shift;
  const rows = matching.slice(start, start + page.size);
  const full = rows.length === page.size && start + page.size >= matching.length;
  const more = start + page.size < matching.length || (full && state.google.settings.emptyLastPage);
  const nan = take("nan");
  return pageAnswer(
    "dataPoints",
    rows.map((activity) =>
      options.reconciled
        ? {
            dataPointName: nameOf(account, activity),
            exercise: exerciseOf(state, account, activity, { nan }),
          }
        : dataPointOf(state, account, activity, { nan }),
    ),
    page,
    more ? page.offset + page.size : null,
    undefined,
  );
}

/** Which rows a family of sources holds; copies of a workout are joined in every one (inferred). */
function familyOf(query: URLSearchParams): ((activity: RecordedActivity) => boolean) | Response {
  const family = query.get("dataSourceFamily") ?? "users/me/dataSourceFamilies/all-sources";
  switch (family.replace("users/me/dataSourceFamilies/", "")) {
    case "all-sources":
    case "google-sources":
      return (activity) => activity.google.copyOf === null;
    case "google-wearables":
      return (activity) => activity.google.platform === "FITBIT" && activity.logType !== "manual";
    default:
      return invalidArgument(
        "INVALID_DATA_POINT_DATA_SOURCE_FAMILY",
        `Invalid data source family: ${family}.`,
      );
  }
}

/** Answers one exercise by its id. */
export function getExercise(
  state: GoogleSimulator,
  { account, token }: Caller,
  request: Request,
  id: string,
): Response {
  if (!token.scopes.includes(activityScope)) return scopeInsufficient();
  const activity = visibleActivity(account, id);
  if (!activity) return notFound();
  const nan = state.faults.take(["nan"], targetOf(account, request)) !== undefined;
  return jsonResponse(200, dataPointOf(state, account, asOfNow(state, activity), { nan }));
}
