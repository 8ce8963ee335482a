// Into the operator's page: an API key with the scope `operate` is exchanged for a session. The key is in the form's body
// alone, is compared by its hash, and is neither shown again nor logged; what is logged is the name of the key that came in.

import { type Context, Hono } from "hono";
import { findApiKey } from "../kernel/api-keys.ts";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { log } from "../kernel/log.ts";
import { isForeignForm } from "../pages/foreign-form.ts";
import { page } from "../pages/page.tsx";
import { foreignFormPage } from "./plain-pages.tsx";
import { openOperatorSession } from "./session.ts";

type Handling = Context<AppEnvironment>;

const path = "/portal/operator/sign-in";

export const operatorAccessRoutes = new Hono<AppEnvironment>()
  .get(path, (c) => signInPage(c.req.query("done") === "signed-out" ? "signedOut" : null))
  .post(path, signIn);

async function signIn(c: Handling): Promise<Response> {
  const { configuration } = c.var;
  if (isForeignForm(c, configuration.publicUrl)) return foreignFormPage();
  const given = (await c.req.parseBody()).key;
  // A key that was pasted brings a line's end along.
  const key = typeof given === "string" ? await findApiKey(configuration.apiKeys, given.trim()) : null;
  if (key === null) {
    log("warn", "operator.refused", { reason: "unknown_key" });
    return signInPage("unknown");
  }
  if (!key.scopes.includes("operate")) {
    log("warn", "operator.refused", { reason: "insufficient_scope", names: [key.name] });
    return signInPage("scope");
  }
  await openOperatorSession({ c, configuration }, key);
  log("info", "operator.signed_in", { names: [key.name] });
  return c.redirect("/portal/operator", 303);
}

const notices = {
  unknown: { status: 401, isBad: true, text: "This service does not know that key." },
  scope: { status: 403, isBad: true, text: "That key lacks the scope “operate”, so it opens nothing here." },
  signedOut: { status: 200, isBad: false, text: "You are signed out." },
} as const;

function signInPage(reason: keyof typeof notices | null): Promise<Response> {
  const notice = reason === null ? null : notices[reason];
  return page(
    { title: "Sign in to operate this service", status: notice?.status ?? 200, formTargets: ["'self'"] },
    <>
      {notice === null ? null : (
        <p class={notice.isBad ? "notice bad" : "notice"} role={notice.isBad ? "alert" : "status"}>
          {notice.text}
        </p>
      )}
      <p id="key-explained">
        This takes an API key with the scope <code>operate</code>. The page stays open for 12 hours in this
        browser, or until the key is withdrawn.
      </p>
      <form method="post" action={path} class="actions">
        <label>
          API key
          <input
            type="password"
            name="key"
            required
            autocomplete="off"
            spellcheck={false}
            aria-describedby="key-explained"
          />
        </label>
        <button type="submit">Sign in</button>
      </form>
    </>,
  );
}
