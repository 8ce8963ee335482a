// GET and POST /o/oauth2/v2/auth: the consent page of a simulated user, with a box to tick for each scope (a user may grant
// some and not others). A plain form, so a program without a browser can answer it too.

import { html } from "hono/html";
import { createGoogleAccount } from "../accounts.ts";
import { formOf } from "../form.ts";
import { text } from "../random.ts";
import { accountAt, nextNumber } from "../state.ts";
import { type AuthorizationRequest, PageError, parseAuthorization } from "./authorization-request.ts";
import type { GoogleSimulator } from "./state.ts";
import { consent } from "./tokens.ts";

const codeSeconds = 600;

/** Shows the consent page, or the error that Google would show. */
export async function authorizePage(state: GoogleSimulator, request: Request): Promise<Response> {
  const parameters = new URL(request.url).searchParams;
  const parsed = parseAuthorization(state.google, parameters);
  if (parsed instanceof PageError) return errorPage(parsed);
  const accounts = [...state.accounts.values()].filter(
    (account) => account.provider === "google-health" && !account.deleted,
  );
  const body = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Simulated Google: allow access</title>
      </head>
      <body>
        <h1>Simulated Google Health</h1>
        <p>The application <strong>${state.google.options.clientId}</strong> wants access to your account.</p>
        <form method="post" action="/o/oauth2/v2/auth">
          ${[...parameters]
            .filter(([name]) => name !== "scope")
            .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
          <input type="hidden" name="requested_scope" value="${parsed.scopes.join(" ")}" />
          <p>
            <label>
              Account
              <select name="account">
                ${accounts.map(
                  (account) =>
                    html`<option value="${account.providerUserId}">
                      ${account.displayName} (${account.providerUserId})
                    </option>`,
                )}
                <option value="new">a new account with a wearable</option>
              </select>
            </label>
          </p>
          <fieldset>
            <legend>What the application may see</legend>
            ${parsed.scopes.map(
              (scope) =>
                html`<label><input type="checkbox" name="scope" value="${scope}" checked /> ${scope}</label><br />`,
            )}
          </fieldset>
          <p>
            <button name="decision" value="allow">Continue</button>
            <button name="decision" value="deny">Cancel</button>
          </p>
        </form>
      </body>
    </html>`;
  return page(200, String(body));
}

/** Takes the consent form's answer and redirects to the application. */
export async function authorizeDecision(state: GoogleSimulator, request: Request): Promise<Response> {
  const form = await formOf(request);
  const granted = new Set(form.getAll("scope"));
  form.delete("scope");
  form.set("scope", form.get("requested_scope") ?? [...granted].join(" "));
  const parsed = parseAuthorization(state.google, form);
  if (parsed instanceof PageError) return errorPage(parsed);

  const decision = form.get("decision");
  if (decision !== "allow" && decision !== "deny") {
    return errorPage(new PageError("invalid_request", "decision must be allow or deny"));
  }
  const scopes = parsed.scopes.filter((scope) => granted.has(scope));
  // Ticking nothing is declining everything.
  if (decision === "deny" || scopes.length === 0) return redirect(parsed, { error: "access_denied" });
  const name = form.get("account") ?? "";
  const account =
    name === "new" ? createGoogleAccount(state, {}, null) : accountAt(state, "google-health", name);
  if (!account) {
    return errorPage(new PageError("invalid_request", `there is no simulated account "${name}"`));
  }
  const first = consent(state.google, account.providerUserId, scopes);
  // A slash stands in real codes too: a client that pastes one unescaped into a form loses nothing, into a path much.
  const code = `4/0A${text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 62, state.seed, "google code", nextNumber(state))}`;
  state.google.codes.set(code, {
    code,
    providerUserId: account.providerUserId,
    scopes,
    redirectUri: parsed.redirectUri,
    challenge: parsed.challenge,
    expiresAtMs: state.clock.now() + codeSeconds * 1000,
    used: false,
    offline: parsed.offline && (first || parsed.forceConsent),
  });
  return redirect(parsed, { code, scope: scopes.join(" ") });
}

function redirect(request: AuthorizationRequest, values: Record<string, string>): Response {
  const parameters = new URLSearchParams(request.state === null ? {} : { state: request.state });
  for (const [name, value] of Object.entries(values)) parameters.set(name, value);
  const separator = request.redirectUri.includes("?") ? "&" : "?";
  const location = `${request.redirectUri}${separator}${parameters}`;
  return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
}

async function errorPage(error: PageError): Promise<Response> {
  const body = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Simulated Google: error</title>
      </head>
      <body>
        <h1>Access blocked</h1>
        <p>Error: ${error.code}. ${error.message}</p>
      </body>
    </html>`;
  return page(error.code === "invalid_client" ? 401 : 400, String(body));
}

function page(status: number, body: string): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "text/html; charset=UTF-8", "cache-control": "no-store" },
  });
}
