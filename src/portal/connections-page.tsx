// The Connections page: each connection's state in words, what its user goes without and why, what is under way, and one
// button for each thing that can be done about it.

import type { ProviderName } from "../kernel/ids.ts";
import { providerTitles, scopeCosts } from "../pages/words.ts";
import { earliestHistory } from "../sync/requests.ts";
import type { Connection, ConnectionOverview, UserOverview } from "./connection-overview.ts";
import { FormToken } from "./frame.tsx";
import { outcomeOf, purposeOf, type SyncRun } from "./run-words.ts";
import { dateText, relativeTime } from "./times.ts";

const dayMilliseconds = 86_400_000;

interface Surroundings {
  readonly formToken: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Everything below the page's title. */
export function ConnectionsContent({ overview, ...surroundings }: Surroundings & { overview: UserOverview }) {
  const { living, ended, connectable } = overview;
  return (
    <>
      {living.length === 0 ? (
        <p>Nothing is connected. Connect an account, and its activities come to FitGlue by themselves.</p>
      ) : null}
      {living.map((one) => (
        <ConnectionCard overview={one} {...surroundings} />
      ))}
      {connectable.length === 0 ? null : (
        <section aria-labelledby="connect">
          <h2 id="connect">{living.length === 0 ? "Connect" : "Connect another"}</h2>
          <div class="actions">
            {connectable.map((provider) => (
              <ConnectForm provider={provider} formToken={surroundings.formToken} label="Connect" />
            ))}
          </div>
        </section>
      )}
      {ended.length === 0 ? null : <EndedConnections ended={ended} now={surroundings.now} />}
    </>
  );
}

/** The state of a connection in words, and how good it is. */
export function stateOf(connection: Pick<Connection, "status" | "provider" | "erasedAt">): {
  text: string;
  mood: "good" | "warning" | "bad" | "quiet";
} {
  switch (connection.status) {
    case "active":
      return { text: "Connected", mood: "good" };
    case "needs_reauthorization":
      return { text: "Needs re-authorization", mood: "bad" };
    case "provider_gone":
      return {
        text: `${providerTitles[connection.provider]}'s old service has ended: reconnect with Google`,
        mood: "bad",
      };
    case "disconnected":
      return {
        text: connection.erasedAt === null ? "Disconnected" : "Disconnected, data erased",
        mood: "quiet",
      };
    default:
      return connection.status satisfies never;
  }
}

function ConnectionCard({ overview, formToken, now }: Surroundings & { overview: ConnectionOverview }) {
  const { connection, missingScopes, openRuns, lastRun, reconnectWith } = overview;
  const state = stateOf(connection);
  const isActive = connection.status === "active";
  const heading = `connection-${connection.id}`;
  return (
    <section class="card" aria-labelledby={heading}>
      <h2 id={heading}>{providerTitles[connection.provider]}</h2>
      {/* A sync may be what finds out that the connection has to be mended: then the way to mend it shows by itself. */}
      <div id={`state-${connection.id}`} data-live>
        <p class={`state ${state.mood}`}>{state.text}</p>
        {connection.message === null ? null : <p>{connection.message}</p>}
        {isActive || reconnectWith === null ? null : (
          <div class="actions">
            <ConnectForm
              provider={reconnectWith}
              formToken={formToken}
              label={reconnectWith === connection.provider ? "Reconnect" : "Reconnect with"}
            />
          </div>
        )}
      </div>
      <div id={`live-${connection.id}`} data-live>
        {openRuns.map((run) => (
          <OpenRun run={run} now={now} />
        ))}
        <dl class="facts">
          <dt>Account</dt>
          <dd>
            <code>{connection.providerUserId}</code>
          </dd>
          <dt>Connected</dt>
          <dd>{relativeTime(connection.connectedAt, now)}</dd>
          <dt>Last notification</dt>
          <dd>
            {connection.lastNotifiedAt === null ? "none yet" : relativeTime(connection.lastNotifiedAt, now)}
          </dd>
          <dt>Last sync</dt>
          <dd>
            {connection.lastSyncedAt === null ? "none yet" : relativeTime(connection.lastSyncedAt, now)}
          </dd>
          {lastRun === null ? null : (
            <>
              <dt>Last result</dt>
              <dd>
                {purposeOf(lastRun)}, {relativeTime(lastRun.endedAt ?? lastRun.startedAt, now)}:{" "}
                {outcomeOf(lastRun)}
              </dd>
            </>
          )}
          <dt>Calls left</dt>
          <dd>{callsLeft(connection, now)}</dd>
        </dl>
      </div>
      {missingScopes.length === 0 ? null : (
        <>
          <h3>Missing permissions</h3>
          <ul>
            {missingScopes.map((scope) => (
              <li>
                <strong>{scopeCosts[scope].title}</strong>: {scopeCosts[scope].cost}.
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="actions" id={`actions-${connection.id}`} data-live>
        {isActive ? <ActiveActions connection={connection} formToken={formToken} now={now} /> : null}
        {isActive && missingScopes.length > 0 && reconnectWith !== null ? (
          <ConnectForm provider={reconnectWith} formToken={formToken} label="Reconnect" isPlain />
        ) : null}
        <a class="button plain" href={`/portal/connections/${connection.id}/disconnect`}>
          Disconnect
        </a>
        <a class="button danger plain" href={`/portal/connections/${connection.id}/erase`}>
          Erase my data
        </a>
      </div>
    </section>
  );
}

function ActiveActions({ connection, formToken, now }: Surroundings & { connection: Connection }) {
  const path = `/portal/connections/${connection.id}`;
  return (
    <>
      <form method="post" action={`${path}/sync`}>
        <FormToken value={formToken} />
        <button type="submit">Sync now</button>
      </form>
      <form method="post" action={`${path}/backfill`}>
        <FormToken value={formToken} />
        <label>
          History since
          <input
            type="date"
            name="since"
            required
            min={dateText(earliestHistory, 0)}
            value={dateText(now - 30 * dayMilliseconds, 0)}
            max={dateText(now, 0)}
          />
        </label>
        <button type="submit" class="plain">
          Import history
        </button>
      </form>
    </>
  );
}

function ConnectForm({
  provider,
  formToken,
  label,
  isPlain = false,
}: {
  provider: ProviderName;
  formToken: string;
  label: string;
  isPlain?: boolean;
}) {
  return (
    <form method="post" action="/portal/connect">
      <FormToken value={formToken} />
      <button type="submit" name="provider" value={provider} class={isPlain ? "plain" : undefined}>
        {label} {providerTitles[provider]}
      </button>
    </form>
  );
}

function OpenRun({ run, now }: { run: SyncRun; now: number }) {
  return (
    <p class="notice" data-running role="status">
      <strong>{purposeOf(run)}</strong>, begun {relativeTime(run.startedAt, now)}. {outcomeOf(run)}
    </p>
  );
}

function EndedConnections({ ended, now }: { ended: readonly Connection[]; now: number }) {
  return (
    <section aria-labelledby="ended">
      <h2 id="ended">Ended connections</h2>
      <div class="scroll">
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">Account</th>
              <th scope="col">State</th>
              <th scope="col">Ended</th>
              <th scope="col">Data</th>
            </tr>
          </thead>
          <tbody>
            {ended.map((connection) => (
              <tr>
                <td>
                  {providerTitles[connection.provider]} <code>{connection.providerUserId}</code>
                </td>
                <td>
                  {stateOf(connection).text}
                  {connection.message === null ? null : <div class="quiet">{connection.message}</div>}
                </td>
                <td data-title="Ended">
                  {connection.disconnectedAt === null ? "" : relativeTime(connection.disconnectedAt, now)}
                </td>
                <td>
                  {connection.erasedAt === null ? (
                    <a
                      href={`/portal/connections/${connection.id}/erase`}
                      aria-label={`Erase my data of ${providerTitles[connection.provider]} ${connection.providerUserId}`}
                    >
                      Erase my data
                    </a>
                  ) : (
                    "erased"
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Calls as of the last sync's end; once the window has turned, all of them are there again. */
function callsLeft(connection: Connection, now: number): string {
  const { rateLimit, rateRemaining, rateResetsAt } = connection;
  if (rateLimit === null || rateRemaining === null || rateResetsAt === null) {
    return "known after the first sync";
  }
  const span = windows[connection.provider];
  return rateResetsAt <= now
    ? `${rateLimit} of ${rateLimit} this ${span}`
    : `${rateRemaining} of ${rateLimit} this ${span}, all again ${relativeTime(rateResetsAt, now)}`;
}

/** How long a provider counts calls: Fitbit 150 an hour, Google 300 a minute. */
const windows: Readonly<Record<ProviderName, string>> = { fitbit: "hour", "google-health": "minute" };
