// The Connections page and what its buttons do. Each button is a form that posts and comes back to the page (303), so that a
// reload does nothing twice; ending a connection and erasing are confirmed on a page of their own.

import { Hono } from "hono";
import { authorizeUrl, beginAuthorization } from "../connect/begin.ts";
import { disconnect } from "../connect/disconnect.ts";
import { requireActive } from "../connect/find-connection.ts";
import { databaseFor } from "../db/databases.ts";
import { readClock } from "../kernel/clock.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { ProblemError } from "../kernel/problem.ts";
import { providerTitles } from "../pages/words.ts";
import { earliestHistory, requestBackfill, requestSync } from "../sync/requests.ts";
import { ConnectionNotice, type Done } from "./connection-notices.tsx";
import { type Connection, readOwnConnection, readUserOverview } from "./connection-overview.ts";
import { ConnectionsContent } from "./connections-page.tsx";
import type { UserEnvironment, UserHandling } from "./environment.ts";
import { FormToken, portalPage } from "./frame.tsx";
import { requireOwnForm } from "./guards.ts";
import { notFoundPage } from "./plain-pages.tsx";
import { dateText } from "./times.ts";

export const connectionRoutes = new Hono<UserEnvironment>()
  .get("/portal", (c) => c.redirect("/portal/connections", 303))
  .get("/portal/connections", showConnections)
  .post("/portal/connect", requireOwnForm, connect)
  .post("/portal/connections/:id/sync", requireOwnForm, syncNow)
  .post("/portal/connections/:id/backfill", requireOwnForm, importHistory)
  .get("/portal/connections/:id/disconnect", (c) => confirm(c, "disconnect"))
  .post("/portal/connections/:id/disconnect", requireOwnForm, (c) => end(c, "disconnect"))
  .get("/portal/connections/:id/erase", (c) => confirm(c, "erase"))
  .post("/portal/connections/:id/erase", requireOwnForm, (c) => end(c, "erase"));

async function showConnections(c: UserHandling): Promise<Response> {
  const { configuration, session, formToken } = c.var;
  const overview = await readUserOverview(c.env, configuration, session.userId);
  const isRunning = overview.living.some(({ openRuns }) => openRuns.length > 0);
  return portalPage(
    c,
    {
      title: "Connections",
      place: "connections",
      scripts: ["/assets/live.js"],
      formTargets: authorizeTargets(configuration),
      ...(isRunning ? { refreshSeconds: 5 } : {}),
    },
    <>
      <ConnectionNotice query={(name) => c.req.query(name)} overview={overview} />
      <ConnectionsContent overview={overview} formToken={formToken} now={await readClock(configuration)} />
    </>,
  );
}

/** One click from here to the provider: who asks is known, so there is nothing to confirm. */
async function connect(c: UserHandling): Promise<Response> {
  const { configuration, session } = c.var;
  const asked = (await c.req.parseBody()).provider;
  const provider = configuration.providers.find((name) => name === asked);
  if (provider === undefined) return notFoundPage();
  const returnUrl = `${configuration.publicUrl}/portal/connections`;
  // The name by which FitGlue introduced the user stays.
  const { living, ended } = await readUserOverview(c.env, configuration, session.userId);
  const displayName = (living[0]?.connection ?? ended[0])?.displayName ?? null;
  const request = { userId: session.userId, displayName, provider, returnUrl };
  return beginAuthorization(c.env, configuration, request, await readClock(configuration));
}

async function syncNow(c: UserHandling): Promise<Response> {
  const connection = await ownConnection(c);
  if (connection === null) return notFoundPage();
  requireActive(connection);
  const database = databaseFor(c.env, connection.userId);
  await requestSync(c.env, { connection, database }, await readClock(c.var.configuration));
  return backToConnections(c, "sync");
}

async function importHistory(c: UserHandling): Promise<Response> {
  const connection = await ownConnection(c);
  if (connection === null) return notFoundPage();
  requireActive(connection);
  const now = await readClock(c.var.configuration);
  const since = parseDay((await c.req.parseBody()).since);
  if (since === null) throw new ProblemError("invalid_request", "Choose the day that history begins with.");
  if (since >= now)
    throw new ProblemError("invalid_request", "History lies in the past: choose an earlier day.");
  if (since < earliestHistory)
    throw new ProblemError("invalid_request", "Nobody wore a device then: choose a day since the year 2000.");
  await requestBackfill(c.env, { connection, database: databaseFor(c.env, connection.userId) }, since, now);
  return backToConnections(c, "backfill");
}

/** The beginning of a day as a date field sends it, in epoch milliseconds; null for anything else, 31 February included. */
function parseDay(text: unknown): number | null {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) || dateText(time, 0) !== text ? null : time;
}

const endings = {
  disconnect: {
    title: "Disconnect",
    button: "Disconnect",
    text: "Nothing new will come from it, and FitGlue's access at the provider is withdrawn. What was synced stays in FitGlue, and connecting the same account again goes on where this ended.",
    done: "disconnected",
  },
  erase: {
    title: "Erase my data",
    button: "Erase my data",
    text: "This ends the connection and deletes everything that came from it: every activity with its route and heart rate, the original files, and its history of syncs. FitGlue is told that these activities are deleted. It cannot be undone.",
    done: "erased",
  },
} as const;

async function confirm(c: UserHandling, ending: keyof typeof endings): Promise<Response> {
  const connection = await ownConnection(c);
  if (connection === null) return notFoundPage();
  if (isDone(connection, ending)) return backToConnections(c, null);
  return confirmPage(c, connection, ending, null);
}

/** Whether there is nothing left to do: an old page was opened again, and Connections says how things stand. */
function isDone({ status, erasedAt }: Connection, ending: keyof typeof endings): boolean {
  return status === "disconnected" && (ending === "disconnect" || erasedAt !== null);
}

async function end(c: UserHandling, ending: keyof typeof endings): Promise<Response> {
  const connection = await ownConnection(c);
  if (connection === null) return notFoundPage();
  if (isDone(connection, ending)) {
    // The second of two clicks is told what the first one was; of an erased connection its row tells everything.
    return backToConnections(c, connection.erasedAt === null ? endings[ending].done : null);
  }
  const { configuration } = c.var;
  if (ending === "erase" && (await c.req.parseBody()).understood !== "yes") {
    return confirmPage(c, connection, ending, "Nothing was erased: tick the box first.");
  }
  const now = await readClock(configuration);
  await disconnect(c.env, configuration, { connection, erase: ending === "erase", message: null, now });
  return backToConnections(c, endings[ending].done);
}

function confirmPage(
  c: UserHandling,
  connection: Connection,
  ending: keyof typeof endings,
  complaint: string | null,
): Promise<Response> {
  const { title, button, text } = endings[ending];
  return portalPage(
    c,
    {
      title: `${title}: ${providerTitles[connection.provider]}`,
      place: "connections",
      status: complaint === null ? 200 : 400,
    },
    <>
      {complaint === null ? null : (
        <p class="notice bad" role="alert">
          {complaint}
        </p>
      )}
      <p>
        This is about the account <code>{connection.providerUserId}</code>. {text}
      </p>
      <form method="post">
        <FormToken value={c.var.formToken} />
        {ending === "erase" ? (
          <p>
            <label>
              <input type="checkbox" name="understood" value="yes" required /> I understand that my data will
              be deleted for good
            </label>
          </p>
        ) : null}
        <div class="actions">
          <button type="submit" class="danger">
            {button}
          </button>
          <a class="button plain" href="/portal/connections">
            Keep it
          </a>
        </div>
      </form>
    </>,
  );
}

function ownConnection(c: UserHandling): Promise<Connection | null> {
  return readOwnConnection(c.env, c.var.session.userId, c.req.param("id") ?? "");
}

function backToConnections(c: UserHandling, done: Done | null): Response {
  return c.redirect(done === null ? "/portal/connections" : `/portal/connections?done=${done}`, 303);
}

/**
 * Where the Connect buttons lead. Chrome holds a form to this list through every redirect, and where a provider sends somebody
 * who is not signed in there is not known to us: hence any https besides the authorization pages themselves.
 */
function authorizeTargets(configuration: Configuration): string[] {
  const flow = { state: "", codeChallenge: "" };
  const origins = configuration.providers.map(
    (provider) => new URL(authorizeUrl(configuration, { provider }, flow)).origin,
  );
  return [...new Set(origins), "https:"];
}
