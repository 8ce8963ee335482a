// Into the portal and out of it. A link's page consumes nothing, so that programs which open every link in a mail burn
// nothing; its one button opens the session.

import { type Context, Hono } from "hono";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import { isForeignForm } from "../pages/foreign-form.ts";
import { page } from "../pages/page.tsx";
import { consumePortalLink, readPortalLink } from "./links.ts";
import { foreignFormPage, goodbyePage } from "./plain-pages.tsx";
import { openUserSession } from "./session.ts";

type Handling = Context<AppEnvironment>;

export const accessRoutes = new Hono<AppEnvironment>()
  .get("/portal/open/:token", showLink)
  .post("/portal/open/:token", useLink)
  .get("/portal/signed-out", () => goodbyePage());

async function showLink(c: Handling): Promise<Response> {
  const now = await readClock(c.var.configuration);
  const link = await readPortalLink(c.env, c.req.param("token") ?? "", now);
  if (link.status !== "open") return deadLinkPage(link.status);
  return page(
    { title: "Your Fitbit activities in FitGlue", formTargets: ["'self'"] },
    <>
      <p>
        This opens the connections and activities of the FitGlue user <strong>{link.userId}</strong> in this
        browser, for 12 hours.
      </p>
      <p>If that is not you, close this page: nothing has happened yet.</p>
      <form method="post">
        <button type="submit">Open</button>
      </form>
    </>,
  );
}

async function useLink(c: Handling): Promise<Response> {
  const { configuration } = c.var;
  if (isForeignForm(c, configuration.publicUrl)) return foreignFormPage();
  const now = await readClock(configuration);
  const token = c.req.param("token") ?? "";
  const userId = await consumePortalLink(c.env, token, now);
  if (userId === null) {
    const link = await readPortalLink(c.env, token, now);
    return deadLinkPage(link.status === "expired" ? "expired" : "unknown");
  }
  await openUserSession({ c, configuration }, userId);
  return c.redirect("/portal/connections", 303);
}

function deadLinkPage(status: "expired" | "unknown"): Promise<Response> {
  return status === "expired"
    ? page(
        { title: "This link has expired", status: 410 },
        <p>A link to these pages works for 10 minutes. Please ask FitGlue for a new one.</p>,
      )
    : page(
        { title: "This link does not work", status: 404 },
        <p>
          It has been used, or it was never made: a link to these pages works once. If you have used it in
          this browser, your pages are <a href="/portal/connections">still open</a>. Otherwise please ask
          FitGlue for a new one.
        </p>,
      );
}
