// The user's browser: the confirm page, the way to the provider, and the way back. GET changes nothing; the POST takes the
// link out of use and binds the browser with a cookie; the callback takes the state out of use, whatever comes of it.

import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import { describeException, log } from "../kernel/log.ts";
import { isForeignForm } from "../pages/foreign-form.ts";
import type { ProviderError } from "../providers/errors.ts";
import { providerFor } from "../providers/registry.ts";
import { cookieNameOf, finishAuthorization } from "./authorizations.ts";
import { authorizeUrl, beginAuthorization, flowCookie, redirect, redirectUriOf } from "./begin.ts";
import { completeConnection } from "./complete.ts";
import { type ConnectRequest, consumeLink, readLink } from "./links.ts";
import {
  accountRefusedPage,
  brokenPage,
  confirmPage,
  connectedPage,
  deadLinkPage,
  deniedPage,
  failedPage,
  foreignFormPage,
  gonePage,
  heldPage,
  notLinkedPage,
  strayCallbackPage,
  supersededPage,
  unknownPage,
  uselessConsentPage,
} from "./pages.ts";
import { withOutcome } from "./return-url.ts";

type Handling = Context<AppEnvironment>;

export const connectRoutes = new Hono<AppEnvironment>()
  .get("/connect/:token", showLink)
  .post("/connect/:token", useLink)
  .get("/oauth/:provider/callback", finish)
  .onError((exception) => {
    log("error", "connect.failed", describeException(exception));
    return brokenPage();
  });

async function showLink(c: Handling): Promise<Response> {
  const { configuration } = c.var;
  const link = await readLink(c.env, c.req.param("token") ?? "", await readClock(configuration));
  if (link.status !== "open") return deadLinkPage(link.status);
  return confirmPage(
    link.request,
    authorizeUrl(configuration, link.request, { state: "", codeChallenge: "" }),
  );
}

async function useLink(c: Handling): Promise<Response> {
  const { configuration } = c.var;
  if (isForeignForm(c, c.var.configuration.publicUrl)) return foreignFormPage();
  const now = await readClock(configuration);
  const token = c.req.param("token") ?? "";
  const request = await consumeLink(c.env, token, now);
  if (request === null) {
    const link = await readLink(c.env, token, now);
    return deadLinkPage(link.status === "expired" ? "expired" : "unknown");
  }
  return beginAuthorization(c.env, configuration, request, now);
}

async function finish(c: Handling): Promise<Response> {
  const { configuration } = c.var;
  const provider = configuration.providers.find((name) => name === c.req.param("provider"));
  if (provider === undefined) return unknownPage();
  const state = c.req.query("state");
  if (state === undefined || state === "") return strayCallbackPage("incomplete");

  const now = await readClock(configuration);
  const readCookie = (name: string) => getCookie(c, name);
  const flow = await finishAuthorization(c.env, configuration, { state, readCookie, now });
  if (flow.status !== "valid") return strayCallbackPage(flow.status);
  if (flow.request.provider !== provider) return strayCallbackPage("unknown");
  const answer = await settleCallback(c, flow.request, flow.codeVerifier, now);
  answer.headers.append(
    "set-cookie",
    flowCookie(configuration, await cookieNameOf(configuration, state), "", 0),
  );
  return answer;
}

/** The state was ours and this browser's: what did the provider say? */
async function settleCallback(
  c: Handling,
  request: ConnectRequest,
  codeVerifier: string,
  now: number,
): Promise<Response> {
  const { configuration } = c.var;
  const refusal = c.req.query("error");
  if (refusal === "access_denied") {
    return request.returnUrl === null
      ? deniedPage(request)
      : redirect(withOutcome(request.returnUrl, "denied"));
  }
  const code = c.req.query("code");
  if (refusal !== undefined || code === undefined || code === "") {
    log("warn", "connect.authorization_refused", { kind: request.provider });
    return failedPage(request, 400);
  }
  const provider = providerFor(configuration, request.provider);
  const redirectUri = redirectUriOf(configuration, request);
  const grant = await provider.exchangeCode({ code, codeVerifier, redirectUri, now });
  if (!grant.ok) {
    log("warn", "connect.exchange_failed", { kind: request.provider, code: grant.error.code });
    return refusedGrantPage(request, grant.error);
  }
  const completion = await completeConnection(c.env, configuration, provider, request, grant.value, now);
  if (completion.status === "held") return heldPage(request);
  if (request.returnUrl !== null) {
    return redirect(withOutcome(request.returnUrl, "connected", completion.connectionId));
  }
  return completion.status === "superseded"
    ? supersededPage(request)
    : connectedPage(request.provider, completion.missingScopes, completion.carriedFrom);
}

/** Nothing was stored, and the grant is not revoked: that would end every grant of this person's to this application. */
function refusedGrantPage(request: ConnectRequest, error: ProviderError): Promise<Response> {
  switch (error.code) {
    case "account_not_linked":
      return notLinkedPage(request, error.signUpUrl ?? null);
    case "scope_missing":
      return uselessConsentPage(request);
    case "unauthorized":
      return accountRefusedPage(request);
    case "provider_gone":
      return gonePage(request);
    default:
      return failedPage(request, 502);
  }
}
