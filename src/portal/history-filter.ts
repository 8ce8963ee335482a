// What Activity History can be narrowed to. Each filter says what it takes of syncs and of activities, and what a page without
// entries says then; the words are whole sentences, because an empty page is an answer too.

import type { SyncRunStatus } from "../db/schema.ts";

export const historyFilters = {
  everything: {
    title: "Everything",
    runs: "all",
    activities: "all",
    empty:
      "Nothing has come yet. Activities show here after a connected device has synced, and so does every sync that had something to tell.",
  },
  attention: {
    title: "What needs attention",
    runs: ["partial", "failed"],
    activities: "lacking",
    empty: "Nothing needs your attention: no sync has failed, and no activity lacks a route or heart rate.",
  },
  activities: { title: "Activities", runs: null, activities: "all", empty: "No activity has come yet." },
  syncs: {
    title: "Syncs",
    runs: "all",
    activities: null,
    empty: "No sync had anything to tell in the last 90 days. Those that find nothing new leave no trace.",
  },
  "under-way": {
    title: "What is under way",
    runs: ["queued", "running"],
    activities: "settling",
    empty: "Nothing is under way: no sync is running, and no activity is waiting for the rest of its data.",
  },
  failed: {
    title: "Failed syncs",
    runs: ["failed"],
    activities: null,
    empty: "No sync has failed in the last 90 days.",
  },
} as const satisfies Readonly<Record<string, HistoryFilter>>;

export interface HistoryFilter {
  /** As the choice on the page says it. */
  readonly title: string;
  /** Which syncs; null for none. */
  readonly runs: "all" | readonly SyncRunStatus[] | null;
  /** Which activities: all, those that lack a stream, those that have not entered the feed yet; null for none. */
  readonly activities: "all" | "lacking" | "settling" | null;
  /** What the page says when it holds nothing. */
  readonly empty: string;
}

export type HistoryState = keyof typeof historyFilters;

export const historyStates = Object.keys(historyFilters) as HistoryState[];

/** The filter that an address names; everything where it names none that there is. */
export function historyStateOf(text: string | undefined): HistoryState {
  return historyStates.find((state) => state === text) ?? "everything";
}
