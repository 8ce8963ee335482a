// The operator's pages: how the service is doing, and the dead letters with a button that replays one. Replaying posts and
// comes back (303), so that a reload sends nothing twice; what came of it is a word in the address.

import { Hono } from "hono";
import { readClock } from "../kernel/clock.ts";
import { log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { replayDeadLetter } from "../sync/replay.ts";
import type { OperatorEnvironment, OperatorHandling } from "./environment.ts";
import { requireOperator, requireOwnForm } from "./guards.ts";
import { operatorAccessRoutes } from "./operator-access.tsx";
import { readDeadLetters } from "./operator-dead-letters.ts";
import { DeadLetters } from "./operator-dead-letters-table.tsx";
import { operatorNotFoundPage, operatorPage, overviewTitle } from "./operator-frame.tsx";
import { readOperatorOverview } from "./operator-overview.ts";
import { OverviewContent } from "./operator-page.tsx";
import { parsePlace, placeText } from "./operator-place.ts";
import { closeSession } from "./session.ts";

export const operatorRoutes = new Hono<OperatorEnvironment>()
  .route("/", operatorAccessRoutes)
  .use("/portal/operator", requireOperator)
  .use("/portal/operator/*", requireOperator)
  .get("/portal/operator", showOverview)
  .get("/portal/operator/dead-letters", showDeadLetters)
  .post("/portal/operator/dead-letters/:id/replay", requireOwnForm, replay)
  .post("/portal/operator/sign-out", requireOwnForm, (c) => {
    closeSession({ c, configuration: c.var.configuration }, "operator");
    return c.redirect("/portal/operator/sign-in?done=signed-out", 303);
  })
  .all("/portal/operator/*", operatorNotFoundPage);

async function showOverview(c: OperatorHandling): Promise<Response> {
  const now = await readClock(c.var.configuration);
  const [overview, page] = await Promise.all([
    readOperatorOverview(c.env, now),
    readDeadLetters(c.env, null),
  ]);
  return operatorPage(
    c,
    { title: overviewTitle },
    <>
      <ReplayNotice word={c.req.query("done")} />
      <OverviewContent overview={overview} now={now} />
      <DeadLetters page={page} place={null} count={overview.deadLetters} {...surroundings(c, now)} />
    </>,
  );
}

/** What is older than the overview's page of them. */
async function showDeadLetters(c: OperatorHandling): Promise<Response> {
  const now = await readClock(c.var.configuration);
  const place = parsePlace(c.req.query("before"));
  const page = await readDeadLetters(c.env, place);
  return operatorPage(
    c,
    { title: "Dead letters" },
    <>
      <ReplayNotice word={c.req.query("done")} />
      <DeadLetters page={page} place={place} count={null} {...surroundings(c, now)} />
    </>,
  );
}

function surroundings(c: OperatorHandling, now: number) {
  return { formToken: c.var.formToken, now };
}

async function replay(c: OperatorHandling): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const done = await tryReplay(c, id);
  // Back to the page that the button stood on.
  const place = parsePlace((await c.req.parseBody()).before);
  const page =
    place === null ? "/portal/operator?" : `/portal/operator/dead-letters?before=${placeText(place)}&`;
  return c.redirect(`${page}done=${done}`, 303);
}

async function tryReplay(c: OperatorHandling, id: string): Promise<keyof typeof sentences> {
  try {
    await replayDeadLetter(c.env, id, await readClock(c.var.configuration));
  } catch (exception) {
    if (!(exception instanceof ProblemError)) throw exception;
    switch (exception.problem.code) {
      case "not_found":
        return "gone";
      case "not_replayable":
        return "unreadable";
      case "unavailable":
        return "refused";
      default:
        throw exception;
    }
  }
  log("info", "operator.replayed", { deadLetterId: id, names: [c.var.session.keyName] });
  return "replayed";
}

/** A closed set: an address that somebody made up can choose among these sentences and add nothing to them. */
const sentences = {
  replayed:
    "The message is back in its queue. Should it fail at every attempt again, it comes back here as a new dead letter.",
  gone: "Nothing was sent: this dead letter is gone. It was erased with its connection, or its 30 days are over.",
  unreadable: "Nothing was sent: the message has a shape that this version cannot read.",
  refused: "Nothing was sent: the queue did not take the message. Please try again in a minute.",
} as const;

function ReplayNotice({ word }: { word: string | undefined }) {
  if (word === undefined || !Object.hasOwn(sentences, word)) return null;
  return (
    <p class={word === "replayed" ? "notice" : "notice bad"} role="status">
      {sentences[word as keyof typeof sentences]}
    </p>
  );
}
