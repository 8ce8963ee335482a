// GET and POST /oauth2/authorize: the consent page of a simulated user. Errors are shown on the page, never redirected
// ("Error Messages", dev.fitbit.com). A denial redirects with access_denied; its exact text at Fitbit is unknown.
// The page is a plain form, so a program without a browser can answer it too.

import { html } from "hono/html";
import { createAccount } from "../accounts.ts";
import { formOf } from "../form.ts";
import { text } from "../random.ts";
import { accountAt, nextNumber, type State } from "../state.ts";
import { type AuthorizationRequest, PageError, parseAuthorization } from "./authorization-request.ts";
import { issueAccessToken } from "./tokens.ts";

const codeSeconds = 600;

/** Shows the consent page, or the error that Fitbit would show. */
export async function authorizePage(state: State, request: Request): Promise<Response> {
  const parameters = new URL(request.url).searchParams;
  const parsed = parseAuthorization(state, parameters);
  if (parsed instanceof PageError) return errorPage(parsed);
  const accounts = [...state.accounts.values()].filter(
    (account) => account.provider === "fitbit" && !account.deleted,
  );
  const body = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Simulated Fitbit: allow access</title>
      </head>
      <body>
        <h1>Simulated Fitbit</h1>
        <p>The application <strong>${state.options.fitbit.clientId}</strong> would like to read your data.</p>
        <form method="post" action="/oauth2/authorize">
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
            <legend>What the application may read</legend>
            ${parsed.scopes.map(
              (scope) =>
                html`<label><input type="checkbox" name="scope" value="${scope}" checked /> ${scope}</label><br />`,
            )}
          </fieldset>
          <p>
            <button name="decision" value="allow">Allow</button>
            <button name="decision" value="deny">Deny</button>
          </p>
        </form>
      </body>
    </html>`;
  return page(200, String(body));
}

/** Takes the consent form's answer and redirects to the application. */
export async function authorizeDecision(state: State, request: Request): Promise<Response> {
  const form = await formOf(request);
  const granted = new Set(form.getAll("scope"));
  form.delete("scope");
  form.set("scope", form.get("requested_scope") ?? [...granted].join(" "));
  const parsed = parseAuthorization(state, form);
  if (parsed instanceof PageError) return errorPage(parsed);

  if (form.get("decision") === "deny") {
    return redirect(parsed, "?", {
      error: "access_denied",
      error_description: "The user denied the request.",
    });
  }
  if (form.get("decision") !== "allow")
    return errorPage(new PageError("invalid_request - decision must be allow or deny"));
  const name = form.get("account") ?? "";
  const account = name === "new" ? createAccount(state, {}) : accountAt(state, "fitbit", name);
  if (!account) return errorPage(new PageError(`invalid_request - there is no simulated account "${name}"`));
  const scopes = parsed.scopes.filter((scope) => granted.has(scope));
  if (scopes.length === 0) return errorPage(new PageError("invalid_request - tick at least one scope"));

  if (parsed.responseType === "token") {
    const token = issueAccessToken(state, account.providerUserId, scopes, parsed.implicitLifetimeSeconds);
    return redirect(parsed, "#", {
      access_token: token.token,
      user_id: account.providerUserId,
      scope: scopes.join(" "),
      token_type: "Bearer",
      expires_in: String(parsed.implicitLifetimeSeconds),
    });
  }
  const code = text("0123456789abcdef", 40, state.seed, "code", nextNumber(state));
  state.codes.set(code, {
    code,
    providerUserId: account.providerUserId,
    scopes,
    redirectUri: parsed.givenRedirectUri,
    challenge: parsed.challenge,
    expiresAtMs: state.clock.now() + codeSeconds * 1000,
    used: false,
  });
  return redirect(parsed, "?", { code });
}

function redirect(request: AuthorizationRequest, mark: "?" | "#", values: Record<string, string>): Response {
  const parameters = new URLSearchParams(values);
  if (request.state !== null) parameters.set("state", request.state);
  const separator = mark === "?" && request.redirectUri.includes("?") ? "&" : mark;
  // Fitbit ends the address with an empty-looking fragment; browsers keep it on their side.
  const end = mark === "?" ? "#_=_" : "";
  const location = `${request.redirectUri}${separator}${parameters}${end}`;
  return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
}

async function errorPage(error: PageError): Promise<Response> {
  const body = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Simulated Fitbit: error</title>
      </head>
      <body>
        <h1>Developer information</h1>
        <p>${error.message}</p>
      </body>
    </html>`;
  return page(400, String(body));
}

function page(status: number, body: string): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "text/html;charset=UTF-8", "cache-control": "no-store" },
  });
}
