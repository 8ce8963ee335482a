// How the service is doing, from top to bottom in the order in which an operator asks: does anything wait, do syncs succeed,
// what do the failures say, what state are the connections in.

import { providerNames } from "../kernel/ids.ts";
import { providerTitles } from "../pages/words.ts";
import { type FailedRun, type OperatorOverview, runLimit, sumRuns } from "./operator-figures.ts";
import { Moment, WideTable } from "./operator-parts.tsx";
import {
  amountText,
  connectionStates,
  countText,
  namesOf,
  numberText,
  runOutcomes,
  runReasons,
} from "./operator-words.ts";

interface Told {
  readonly overview: OperatorOverview;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Everything between the page's title and the dead letters. */
export function OverviewContent({ overview, now }: Told) {
  return (
    <>
      <Waiting overview={overview} now={now} />
      <LastDay overview={overview} />
      <Failures failures={overview.failures} now={now} />
      <Connections overview={overview} />
    </>
  );
}

function Waiting({ overview, now }: Told) {
  const { openRuns, oldestOpenRun, deadLetters, oldestDeadLetterAt } = overview;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">Oldest message</h2>
      <dl class="facts">
        <dt>Syncs that have not ended</dt>
        <dd>
          {oldestOpenRun === null ? (
            "None: nothing waits, and nothing is under way."
          ) : (
            <>
              {amountText(openRuns, "sync")}. The oldest is{" "}
              {oldestOpenRun.status === "queued" ? "waiting" : "under way"} since{" "}
              <Moment time={oldestOpenRun.startedAt} now={now} />: {runReasons[oldestOpenRun.trigger]},
              connection <code>{oldestOpenRun.connectionId}</code>.
            </>
          )}
        </dd>
        <dt>Dead letters</dt>
        <dd>
          {oldestDeadLetterAt === null ? (
            "None."
          ) : (
            <>
              <a href="#dead-letters">{amountText(deadLetters, "message")}</a>. The oldest failed{" "}
              <Moment time={oldestDeadLetterAt} now={now} />.
            </>
          )}
        </dd>
      </dl>
    </section>
  );
}

function LastDay({ overview }: { overview: OperatorOverview }) {
  const { lastDay, isLastDayCut } = overview;
  const all = sumRuns(lastDay);
  if (all.runs === 0) {
    return (
      <section aria-labelledby="last-day">
        <h2 id="last-day">Syncs of the last 24 hours</h2>
        <p>No sync has begun in this time. A look that finds nothing new leaves no trace here.</p>
      </section>
    );
  }
  return (
    <section aria-labelledby="last-day">
      <h2 id="last-day">Syncs of the last 24 hours</h2>
      <p>
        {amountText(all.runs, "sync", numberText)} spent {amountText(all.calls, "call", numberText)} to the
        providers.{" "}
        {isLastDayCut ? `Only the newest ${numberText(runLimit)} of each database are counted here. ` : ""}
        Looks that found nothing new leave no trace here, and their calls are not in this.
      </p>
      <FigureTable
        caption="By outcome"
        heading="Outcome"
        columns={["Syncs"]}
        rows={namesOf(runOutcomes).map((status) => [
          runOutcomes[status],
          numberText(sumRuns(lastDay, (group) => group.status === status).runs),
        ])}
      />
      <FigureTable
        caption="By what they were for"
        heading="Reason"
        columns={["Syncs", "Failed", "Calls"]}
        rows={namesOf(runReasons).flatMap((trigger) => {
          const { runs, failed, calls } = sumRuns(lastDay, (group) => group.trigger === trigger);
          return runs === 0 ? [] : [[runReasons[trigger], ...[runs, failed, calls].map(numberText)]];
        })}
      />
    </section>
  );
}

function Failures({ failures, now }: { failures: readonly FailedRun[]; now: number }) {
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">Newest failures</h2>
      {failures.length === 0 ? (
        <p>No sync of the last 24 hours has failed.</p>
      ) : (
        <WideTable label="The newest failures as a table">
          <thead>
            <tr>
              <th scope="col">Begun</th>
              <th scope="col">Sync</th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>
            {failures.map((run) => (
              <tr>
                <td>
                  <Moment time={run.startedAt} now={now} />
                </td>
                <td>
                  {runReasons[run.trigger]}
                  <div>
                    <code>{run.connectionId}</code>
                  </div>
                </td>
                <td>
                  <code>{run.errorCode ?? "no code"}</code>
                  <div class="quiet">{run.errorMessage}</div>
                </td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
    </section>
  );
}

function Connections({ overview }: { overview: OperatorOverview }) {
  const { connectionsByStatus, connectionsByProvider } = overview;
  return (
    <section aria-labelledby="connections">
      <h2 id="connections">Connections</h2>
      <FigureTable
        caption="By state"
        heading="State"
        columns={["Connections"]}
        rows={namesOf(connectionStates).map((name) => [
          connectionStates[name],
          countText(connectionsByStatus[name]),
        ])}
      />
      <FigureTable
        caption="By provider, without those that were disconnected"
        heading="Provider"
        columns={["Connections"]}
        rows={providerNames.map((name) => [providerTitles[name], countText(connectionsByProvider[name])])}
      />
    </section>
  );
}

/** A table of counts: each row a title, and a figure for each column. */
function FigureTable({
  caption,
  heading,
  columns,
  rows,
}: {
  caption: string;
  heading: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{heading}</th>
          {columns.map((column) => (
            <th scope="col" class="number">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([title, ...figures]) => (
          <tr>
            <th scope="row">{title}</th>
            {figures.map((figure) => (
              <td class="number">{figure}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
