// The Activity History page: what came and what was done for it, day by day, newest first. A run that is under way is
// replaced by its newer self while the page is open; everything else is plain text and links.

import { providerTitles } from "../pages/words.ts";
import { missingStreamSentences } from "./activity-words.ts";
import { type HistoryState, historyFilters, historyStates } from "./history-filter.ts";
import { groupByDay } from "./history-merge.ts";
import { positionText } from "./history-position.ts";
import type { ActivityEntry, HistoryEntry, HistoryPage, RunEntry } from "./history-read.ts";
import { activityInShort, settlingSentence } from "./history-words.ts";
import { outcomeOf, purposeOf } from "./run-words.ts";
import { clockText, dateText, dayText, offsetText } from "./times.ts";

interface Surroundings {
  /** Of the clock that the entry stands by. */
  readonly utcOffsetSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Whether something on the page moves. */
export function isUnderWay(entry: HistoryEntry): entry is RunEntry {
  return entry.kind === "run" && (entry.run.status === "queued" || entry.run.status === "running");
}

/** Everything below the page's title. `isFirst` tells the page of the newest entries from those behind it. */
export function HistoryContent({
  history,
  state,
  isFirst,
  now,
}: {
  history: HistoryPage;
  state: HistoryState;
  isFirst: boolean;
  now: number;
}) {
  const { entries, next, utcOffsetSeconds } = history;
  const clockOf = (entry: HistoryEntry) => ownClockOf(entry) ?? utcOffsetSeconds;
  const days = groupByDay(entries, (entry) => dateText(entry.time, clockOf(entry)));
  return (
    <>
      <Filter state={state} />
      <div id="history" data-live>
        {entries.length === 0 ? <p>{emptySentence(history, state, isFirst)}</p> : null}
        {entries.length === 0 ? null : (
          <p class="quiet">
            Activities stand at the time of where they were recorded. All else is in{" "}
            {offsetText(utcOffsetSeconds)}
            {utcOffsetSeconds === 0 ? "" : ", as on the clock of your newest activity"}.
          </p>
        )}
        {days.map(({ day, entries: ofDay }) => (
          <section aria-labelledby={`day-${day}`}>
            <h2 id={`day-${day}`}>{dayText(Date.parse(day), 0)}</h2>
            <ul class="history">
              {ofDay.map((entry) => (
                <Entry entry={entry} utcOffsetSeconds={clockOf(entry)} now={now} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      <nav class="actions" aria-label="Older and newer">
        {isFirst ? null : (
          <a class="button plain" href={addressOf(state, null)}>
            Newest
          </a>
        )}
        {next === null ? null : (
          <a class="button plain" href={addressOf(state, positionText(next))}>
            Older
          </a>
        )}
      </nav>
    </>
  );
}

/**
 * An activity keeps the clock of the watch that recorded it, in seconds from UTC, as its own page and its user's memory do: by one
 * clock for all, every run of the summer would stand an hour off in the winter, and those at midnight under another day.
 */
function ownClockOf(entry: HistoryEntry): number | null {
  return entry.kind === "activity" && entry.activity !== null ? entry.activity.utcOffsetSeconds : null;
}

function Filter({ state }: { state: HistoryState }) {
  return (
    <form method="get" action="/portal/history" class="filter">
      <label for="state">Show</label>
      <select id="state" name="state">
        {historyStates.map((one) => (
          <option value={one} selected={one === state}>
            {historyFilters[one].title}
          </option>
        ))}
      </select>
      <button type="submit" class="plain">
        Show
      </button>
    </form>
  );
}

function Entry({ entry, ...surroundings }: Surroundings & { entry: HistoryEntry }) {
  const { id, time } = entry;
  const isRunning = isUnderWay(entry);
  return (
    <li id={id} data-live={isRunning ? true : undefined} data-running={isRunning ? true : undefined}>
      <time datetime={new Date(time).toISOString()}>{clockText(time, surroundings.utcOffsetSeconds)}</time>
      {entry.kind === "run" ? <Run entry={entry} /> : <Activity entry={entry} {...surroundings} />}
    </li>
  );
}

function Activity({ entry, utcOffsetSeconds, now }: Surroundings & { entry: ActivityEntry }) {
  const { activity, provider, settlesAt } = entry;
  if (activity === null) {
    return (
      <div>
        <p>
          <strong>Deleted activity</strong> <span class="quiet">{providerTitles[provider]}</span>
        </p>
        <p>It was deleted at {providerTitles[provider]}, so FitGlue was told that it is gone.</p>
      </div>
    );
  }
  return (
    <div>
      <p>
        <a href={`/portal/activities/${entry.id}`}>{activity.title}</a>{" "}
        <span class="quiet">
          {activityInShort(activity)}, {providerTitles[provider]}
        </span>
      </p>
      {settlesAt === null ? (
        missingStreamSentences(activity.completeness).map((sentence) => <p>{sentence}</p>)
      ) : (
        <p>{settlingSentence(activity.completeness, settlesAt, now, utcOffsetSeconds)}</p>
      )}
    </div>
  );
}

/** States that the outcome's own sentence does not name. */
const runStates = {
  failed: { text: "Failed", mood: "bad" },
  partial: { text: "Done in part", mood: "warning" },
} as const;

function Run({ entry: { run, provider } }: { entry: RunEntry }) {
  const state = run.status === "failed" || run.status === "partial" ? runStates[run.status] : null;
  const calls = `${run.callsSpent} ${run.callsSpent === 1 ? "call" : "calls"}`;
  return (
    <div>
      <p>
        <strong>{purposeOf(run)}</strong>{" "}
        <span class="quiet">
          {provider === null ? "" : `${providerTitles[provider]}, `}
          {calls}
        </span>
      </p>
      <p>
        {state === null ? null : <span class={`state ${state.mood}`}>{state.text}.</span>} {outcomeOf(run)}
      </p>
    </div>
  );
}

function emptySentence({ next }: HistoryPage, state: HistoryState, isFirst: boolean): string {
  if (next !== null)
    return "Nothing of this among the newer entries. There may be some among the older ones.";
  return isFirst ? historyFilters[state].empty : "There is nothing older.";
}

function addressOf(state: HistoryState, before: string | null): string {
  const query = new URLSearchParams();
  if (state !== "everything") query.set("state", state);
  if (before !== null) query.set("before", before);
  const text = query.toString();
  return text === "" ? "/portal/history" : `/portal/history?${text}`;
}
