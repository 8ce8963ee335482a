// One page of dead letters as a table, each with the button that replays it.

import { FormToken } from "./frame.tsx";
import type { DeadLetterPage, WaitingDeadLetter } from "./operator-dead-letters.ts";
import { Moment, WideTable } from "./operator-parts.tsx";
import { type DeadLetterPlace, placeText } from "./operator-place.ts";
import { amountText } from "./operator-words.ts";

interface Surroundings {
  readonly formToken: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The section of dead letters. `place` is what the page begins below, `count` how many there are where that is known. */
export function DeadLetters({
  page,
  place,
  count,
  ...surroundings
}: Surroundings & { page: DeadLetterPage; place: DeadLetterPlace | null; count: number | null }) {
  return (
    <section aria-labelledby="dead-letters">
      <h2 id="dead-letters">{place === null ? "Dead letters" : "Older dead letters"}</h2>
      <p>{summary(page, place, count)}</p>
      {page.rows.length === 0 ? null : (
        <WideTable label="Dead letters as a table">
          <thead>
            <tr>
              <th scope="col">Failed</th>
              <th scope="col">Work</th>
              <th scope="col">Error</th>
              <th scope="col">Once more</th>
            </tr>
          </thead>
          <tbody>
            {page.rows.map((row) => (
              <Row row={row} place={place} {...surroundings} />
            ))}
          </tbody>
        </WideTable>
      )}
      {page.next === null ? null : (
        <p>
          <a href={`/portal/operator/dead-letters?before=${placeText(page.next)}`}>Older dead letters</a>
        </p>
      )}
    </section>
  );
}

function summary(page: DeadLetterPage, place: DeadLetterPlace | null, count: number | null): string {
  if (page.rows.length === 0) {
    return place === null
      ? "No dead letters: every message was handled."
      : "No older dead letters: those before this place were replayed, or their 30 days are over.";
  }
  const advice =
    "Mend the cause first; replaying twice does no harm. Each of them stays for 30 days, and the daily look covers active connections meanwhile.";
  if (count === null) return `These messages failed at every attempt. ${advice}`;
  return `${amountText(count, "message")} failed at every attempt, the newest first here. ${advice}`;
}

function Row({
  row,
  place,
  formToken,
  now,
}: Surroundings & { row: WaitingDeadLetter; place: DeadLetterPlace | null }) {
  return (
    <tr>
      <td>
        <Moment time={row.failedAt} now={now} />
      </td>
      <td>
        <code>{row.kind}</code>, {row.attempts} attempts
        <div>
          {row.connectionId === null ? "of no connection that is known" : <code>{row.connectionId}</code>}
        </div>
      </td>
      <td>
        <code>{row.errorCode}</code>
        <div class="quiet">{row.errorMessage}</div>
      </td>
      <td>
        <form method="post" action={`/portal/operator/dead-letters/${row.id}/replay`}>
          <FormToken value={formToken} />
          {place === null ? null : <input type="hidden" name="before" value={placeText(place)} />}
          <button type="submit" class="plain" aria-label={`Replay ${row.id}`}>
            Replay
          </button>
        </form>
      </td>
    </tr>
  );
}
