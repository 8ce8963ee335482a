// The portal, put together: who gets in, whose pages follow, and what is answered when something does not work out.

import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { describeException, log } from "../kernel/log.ts";
import { makeProblem, ProblemError } from "../kernel/problem.ts";
import { accessRoutes } from "./access-routes.tsx";
import { activityRoutes } from "./activity-routes.tsx";
import { connectionRoutes } from "./connection-routes.tsx";
import type { UserEnvironment } from "./environment.ts";
import { requireFormEncoding, requireOwnForm, requireUser } from "./guards.ts";
import { historyRoutes } from "./history-routes.tsx";
import { operatorRoutes } from "./operator-routes.tsx";
import { brokenPage, notFoundPage, problemPage } from "./plain-pages.tsx";
import { closeSession } from "./session.ts";

/** Largest form of the portal; the largest that anybody needs is a few fields. */
const formLimitBytes = 16 * 1024;

export const portalRoutes = new Hono<UserEnvironment>()
  .use(
    "/portal/*",
    bodyLimit({
      maxSize: formLimitBytes,
      onError: () => problemPage(makeProblem("too_large", "A form may hold 16 KiB.")),
    }),
  )
  .on("POST", "/portal/*", requireFormEncoding)
  .route("/", accessRoutes)
  // Before the user's pages, whose session it does not ask for.
  .route("/", operatorRoutes)
  .use("/portal", requireUser)
  .use("/portal/*", requireUser)
  .post("/portal/sign-out", requireOwnForm, (c) => {
    closeSession({ c, configuration: c.var.configuration }, "user");
    return c.redirect("/portal/signed-out", 303);
  })
  .route("/", connectionRoutes)
  .route("/", historyRoutes)
  .route("/", activityRoutes)
  .all("/portal/*", () => notFoundPage())
  .onError((exception) => {
    if (exception instanceof ProblemError) return problemPage(exception.problem);
    log("error", "portal.failed", describeException(exception));
    return brokenPage();
  });
