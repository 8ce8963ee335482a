// What stands before every page of the portal: a session, and before every form its token. A page for a foreign id is the
// same 404 as one for an id that does not exist.

import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { isForeignForm } from "../pages/foreign-form.ts";
import type { OperatorEnvironment, UserEnvironment } from "./environment.ts";
import { formTokenField, formTokenOf, isOwnForm } from "./form-token.ts";
import { foreignEncodingPage, foreignFormPage, signedOutPage, staleFormPage } from "./plain-pages.tsx";
import { readOperatorSession, readUserSession } from "./session.ts";

/** A user's session, or the page that says how to get one (401). */
export const requireUser = createMiddleware<UserEnvironment>(async (c, next) => {
  const session = await readUserSession({ c, configuration: c.var.configuration });
  if (session === null) return signedOutPage();
  c.set("session", session);
  c.set("formToken", await formTokenOf(c.var.configuration, session));
  return next();
});

/** An operator's session, or the way to the page where a key is exchanged for one. */
export const requireOperator = createMiddleware<OperatorEnvironment>(async (c, next) => {
  const session = await readOperatorSession({ c, configuration: c.var.configuration });
  if (session === null) return c.redirect("/portal/operator/sign-in", 303);
  c.set("session", session);
  c.set("formToken", await formTokenOf(c.var.configuration, session));
  return next();
});

/**
 * Refuses a body that is not encoded as the forms of our pages are (415): no page sends one, and a multipart body that is
 * cut off would break whoever reads it. A form without fields may come without a type.
 */
export const requireFormEncoding = createMiddleware<AppEnvironment>(async (c, next) => {
  const type = c.req.header("content-type");
  if (type === undefined || /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return next();
  return foreignEncodingPage();
});

/** Refuses a form that another site sent, or that belongs to another session (403). Nothing has happened then. */
export const requireOwnForm = createMiddleware<UserEnvironment | OperatorEnvironment>(async (c, next) => {
  if (isForeignForm(c, c.var.configuration.publicUrl)) return foreignFormPage();
  const form = await c.req.parseBody();
  if (!(await isOwnForm(c.var.configuration, c.var.session, form[formTokenField])))
    return staleFormPage(c.var.session.kind);
  return next();
});
