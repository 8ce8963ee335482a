// The exercises, page by page, and one exercise. A page that cannot be read as a page is an error, because what is missing from a
// list may be taken for deleted (rule 9); a row that cannot be read is reported and loses only itself. `list` and not
// `reconcile`: only its rows say what recorded them (Google Health reference §3.1).

import { z } from "zod";
import type { SourceActivityId } from "../../kernel/ids.ts";
import type { ActivityPage, ActivitySummary, CallContext, ListWindow, ProviderResult } from "../port.ts";
import { badResponse, callForJson, failed, type GoogleHealthApi } from "./call.ts";
import { civilTime, rangeQuery } from "./filter.ts";
import { readSummary } from "./summary.ts";

export const exercisesPath = "/v4/users/me/dataTypes/exercise/dataPoints";
/** The documented most for this type; more is cut to it without a word. */
const pageSize = 25;
const day = 86_400_000;

const pageShape = z.object({
  // Absent on a page without rows: the last page can be `{}` (observed).
  dataPoints: z.array(z.unknown()).optional(),
  // Absent or "" on the last page (observed).
  nextPageToken: z.string().optional(),
});

/**
 * One page of the activities that started within `window`, and some around it, latest first. `page` is what the page before gave
 * as `nextPage`, or null for the first; the window must be the same for every page.
 *
 * Exercises can be asked for by the wall clock at their start and by nothing else (observed), and whose clock that was is not
 * known before they are read. A day more at each end is enough for every offset.
 */
export async function listActivities(
  api: GoogleHealthApi,
  context: CallContext,
  window: ListWindow,
  page: string | null,
): Promise<ProviderResult<ActivityPage>> {
  const query = rangeQuery({
    field: "exercise.interval.civil_start_time",
    from: civilTime(window.start - day),
    until: civilTime(window.end + day),
    pageSize,
    pageToken: page,
  });
  const answer = await callForJson(api, context, `${exercisesPath}?${query}`);
  if (!answer.ok) return failed(answer);
  const parsed = pageShape.safeParse(answer.json);
  if (!parsed.success) return failed({ error: badResponse("The provider's list is not whole.") });
  const nextPage = parsed.data.nextPageToken || null;
  if (nextPage !== null && nextPage === page) {
    return failed({ error: badResponse("The provider's list goes round in a circle.") });
  }

  const activities: ActivitySummary[] = [];
  const unreadable: { sourceActivityId: SourceActivityId | null; reason: string }[] = [];
  for (const point of parsed.data.dataPoints ?? []) {
    const reading = readSummary(point, context.now);
    if (reading.ok) activities.push(reading.summary);
    else unreadable.push({ sourceActivityId: reading.sourceActivityId, reason: reading.reason });
  }
  return { ok: true, value: { activities, unreadable, nextPage }, rate: null };
}

/** One activity as the list would tell it; `not_found` when it was deleted. */
export async function getActivity(
  api: GoogleHealthApi,
  context: CallContext,
  id: SourceActivityId,
): Promise<ProviderResult<ActivitySummary>> {
  const answer = await callForJson(api, context, `${exercisesPath}/${encodeURIComponent(id)}`);
  if (!answer.ok) return failed(answer);
  const reading = readSummary(answer.json, context.now);
  if (!reading.ok) return failed({ error: badResponse("The provider's activity cannot be read.") });
  // Another activity than the one asked for would be stored under the wrong id.
  if (reading.summary.sourceActivityId !== id) {
    return failed({ error: badResponse("The provider answered with another activity.") });
  }
  return { ok: true, value: reading.summary, rate: null };
}
