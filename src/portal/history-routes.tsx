// Activity History: a page that only reads. Its filter and its place stand in the address, so that a reload, a bookmark and the
// page's own look for what has moved all show the same.

import { Hono } from "hono";
import { readClock } from "../kernel/clock.ts";
import type { UserEnvironment, UserHandling } from "./environment.ts";
import { portalPage } from "./frame.tsx";
import { historyFilters, historyStateOf } from "./history-filter.ts";
import { HistoryContent, isUnderWay } from "./history-page.tsx";
import { parsePosition } from "./history-position.ts";
import { readHistory } from "./history-read.ts";

export const historyRoutes = new Hono<UserEnvironment>().get("/portal/history", showHistory);

/** What an address names wrongly is left out: an unknown filter shows everything, an unknown place the newest. */
async function showHistory(c: UserHandling): Promise<Response> {
  const { configuration, session } = c.var;
  const state = historyStateOf(c.req.query("state"));
  const before = parsePosition(c.req.query("before"));
  const history = await readHistory(c.env, session.userId, historyFilters[state], before);
  return portalPage(
    c,
    {
      title: "Activity History",
      place: "history",
      scripts: ["/assets/live.js"],
      ...(history.entries.some(isUnderWay) ? { refreshSeconds: 5 } : {}),
    },
    <HistoryContent
      history={history}
      state={state}
      isFirst={before === null}
      now={await readClock(configuration)}
    />,
  );
}
