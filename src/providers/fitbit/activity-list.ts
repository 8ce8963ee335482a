// The activity log, page by page, and one activity of it. A page that cannot be proven whole is an error, because what is
// missing from a list may be taken for deleted (rule 9); an entry that cannot be read is reported and loses only itself.
// Rows shift between pages while a user syncs (offset paging), so the caller takes ids that come twice as one.

import { z } from "zod";
import type { SourceActivityId } from "../../kernel/ids.ts";
import type { ActivityPage, ActivitySummary, CallContext, ListWindow, ProviderResult } from "../port.ts";
import { badResponse, callForJson, type FitbitApi, failed } from "./call.ts";
import { readSummary } from "./summary.ts";

const listPath = "/1/user/-/activities/list.json";
/** The documented most. */
const pageSize = 100;
const hour = 3_600_000;
const day = 24 * hour;
/** Civil offsets run from -12 to +14 hours, so two local clocks are at most this far apart. */
const widestOffsetDifference = 26 * hour;

const pageShape = z.object({
  // Missing or empty when nothing matches (reference §3, from code).
  activities: z.array(z.unknown()).optional(),
  // The key is there on the last page too, as an empty string (observed). Without it the list may have been cut.
  pagination: z.object({ next: z.string() }),
});

/**
 * One page of the activities that started within `window`, and some around it. `page` is what the page before gave as
 * `nextPage`, or null for the first.
 */
export async function listActivities(
  api: FitbitApi,
  context: CallContext,
  window: ListWindow,
  page: string | null,
): Promise<ProviderResult<ActivityPage>> {
  const query = page ?? firstPage(window);
  const answer = await callForJson(api, context, { path: `${listPath}?${query}` });
  if (!answer.ok) return failed(answer);
  const parsed = pageShape.safeParse(answer.json);
  if (!parsed.success) return wrong("The provider's list is not whole.", answer.rate);

  const next = nextQuery(api, parsed.data.pagination.next, query);
  if (next === undefined)
    return wrong("The provider's list goes on at an address that is not its own.", answer.rate);

  const activities: ActivitySummary[] = [];
  const unreadable: { sourceActivityId: SourceActivityId | null; reason: string }[] = [];
  for (const entry of parsed.data.activities ?? []) {
    const reading = readSummary(entry);
    if (reading.ok) activities.push(reading.summary);
    else unreadable.push({ sourceActivityId: reading.sourceActivityId, reason: reading.reason });
  }
  const value = { activities, unreadable, nextPage: isPast(window, activities) ? null : next };
  return { ok: true, value, rate: answer.rate };
}

/** One activity as the list would tell it; `not_found` when it was deleted. */
export async function getActivity(
  api: FitbitApi,
  context: CallContext,
  id: SourceActivityId,
): Promise<ProviderResult<ActivitySummary>> {
  const answer = await callForJson(api, context, {
    path: `/1.1/user/-/activities/${encodeURIComponent(id)}.json`,
  });
  if (!answer.ok) return failed(answer);
  // Version 1.1 wraps the entry (reference §3, from code); the bare one is read too.
  const wrapped = z.object({ activityLog: z.unknown() }).safeParse(answer.json);
  const reading = readSummary(wrapped.success ? wrapped.data.activityLog : answer.json);
  if (!reading.ok) return wrong("The provider's activity cannot be read.", answer.rate);
  // Another activity than the one asked for would be stored under the wrong id.
  if (reading.summary.sourceActivityId !== id)
    return wrong("The provider answered with another activity.", answer.rate);
  return { ok: true, value: reading.summary, rate: answer.rate };
}

/**
 * `afterDate` is compared with each activity's own local start, and whose clock that was is not known before it is read.
 * A day earlier than the window's start is early enough for every offset down to -12 h.
 */
function firstPage(window: ListWindow): string {
  const afterDate = new Date(window.start - day).toISOString().slice(0, 10);
  return new URLSearchParams({ afterDate, sort: "asc", limit: String(pageSize), offset: "0" }).toString();
}

/** The next page's query, null on the last page, undefined when the link must not be followed with a token. */
function nextQuery(api: FitbitApi, next: string, current: string): string | null | undefined {
  if (next === "") return null;
  const url = URL.parse(next);
  if (url === null || url.origin !== new URL(api.apiUrl).origin || url.pathname !== listPath)
    return undefined;
  const query = url.search.slice(1);
  return query === "" || query === current ? undefined : query;
}

/** The list ascends by local start: once it is past the window by more than any two clocks differ, nothing of it follows. */
function isPast(window: ListWindow, activities: readonly ActivitySummary[]): boolean {
  const last = activities.at(-1);
  return last !== undefined && last.startTime > window.end + widestOffsetDifference;
}

function wrong(message: string, rate: ActivityRate): Extract<ProviderResult<never>, { ok: false }> {
  return { ok: false, error: badResponse(message), rate };
}

type ActivityRate = ProviderResult<never>["rate"];
