// What the user reads while connecting: who connects what, that it worked and what is missing, or why it did not. Words
// only; the decisions are in routes.ts.

import { html } from "hono/html";
import type { ProviderName } from "../kernel/ids.ts";
import { page } from "../pages/page.tsx";
import { providerTitles, scopeCosts } from "../pages/words.ts";
import type { GrantScope } from "../providers/port.ts";
import type { ConnectRequest } from "./links.ts";
import { type ConnectOutcome, withOutcome } from "./return-url.ts";

/** Who connects what; nothing has happened yet. `authorizeUrl` is where the button leads. */
export function confirmPage(request: ConnectRequest, authorizeUrl: string): Promise<Response> {
  const provider = providerTitles[request.provider];
  return page(
    {
      title: `Connect ${provider} to FitGlue`,
      // Chrome holds a form to this list through every redirect it leads to, and where a provider sends somebody who is
      // not signed in is not known to us: hence any https besides the authorization page itself.
      formTargets: ["'self'", new URL(authorizeUrl).origin, "https:"],
    },
    html`<p>FitGlue will read the activities of your ${provider} account for the FitGlue user
<strong>${request.displayName ?? request.userId}</strong>.</p>
<p>If that is not you, close this page: nothing has happened yet.</p>
<form method="post"><button>Connect ${provider}</button></form>
<p>${provider} asks you next what FitGlue may read. Whatever you leave out there is missing from your activities, and
the rest works all the same.</p>`,
  );
}

/** It worked; `missing` are the scopes that the user left out, `carriedFrom` the provider whose connection goes on here. */
export function connectedPage(
  provider: ProviderName,
  missing: readonly GrantScope[],
  carriedFrom: ProviderName | null,
): Promise<Response> {
  const title = providerTitles[provider];
  // Consent is the user's to give in parts; without this part there is nothing to bring, and saying so is all we can do.
  const isUseless = missing.includes("activity");
  return page(
    { title: isUseless ? `${title} is connected, but shares no activities` : `${title} is connected` },
    html`<p>${
      isUseless
        ? "No activity can come to FitGlue, because you did not allow it to see them."
        : "New activities come to FitGlue by themselves from now on. You can close this page."
    }</p>
${
  carriedFrom === null
    ? ""
    : html`<p>Your ${providerTitles[carriedFrom]} connection goes on as this one: what was synced stays as it is, and nothing comes
twice.</p>`
}
${
  missing.length === 0
    ? ""
    : html`<p>You left out a part of what FitGlue asked for:</p>
<ul>${missing.map((scope) => html`<li><strong>${scopeCosts[scope].title}</strong>: ${scopeCosts[scope].cost}</li>`)}</ul>
<p>To change that, connect ${title} once more from FitGlue.</p>`
}`,
  );
}

/** Another FitGlue user has connected this account. Nothing of theirs was changed. */
export function heldPage(request: ConnectRequest): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `This ${title} account is taken`, status: 409 },
    html`<p>Another FitGlue user has connected this ${title} account, and an account can be connected once. Their
connection goes on working; yours was not made.</p>
<p>If both are yours, disconnect it there first, or sign in to ${title} with another account and try again.</p>
${wayBack(request, "held")}`,
  );
}

/** The account comes to FitGlue already, by the connection that stands in for it. */
export function supersededPage(request: ConnectRequest): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `Your ${title} activities come already` },
    html`<p>They reach FitGlue through the connection that took the place of ${title}. Connecting both would bring every
activity twice, so nothing was changed.</p>`,
  );
}

/** The account has no profile at the provider yet. Nothing was stored. */
export function notLinkedPage(request: ConnectRequest, signUpUrl: string | null): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `${title} is not set up for this account`, status: 409 },
    html`<p>You gave your consent, but this account has no ${title} profile yet, so there is nothing to read and nothing was
connected.</p>
<p>${
      signUpUrl === null
        ? `Set ${title} up in its app first`
        : html`<a href="${signUpUrl}" rel="noreferrer">Set ${title} up</a> first`
    }, then ask FitGlue for a new link.</p>
${wayBack(request, "failed")}`,
  );
}

/** Consent that leaves nothing to read: not even whose account it is can be asked. Nothing was stored. */
export function uselessConsentPage(request: ConnectRequest): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `${title} was not connected`, status: 409 },
    html`<p>What you allowed is not enough for FitGlue to read any activity, so nothing was connected.</p>
<p>Please ask FitGlue for a new link, and leave “${scopeCosts.activity.title}” ticked when ${title} asks.</p>
${wayBack(request, "failed")}`,
  );
}

/** The provider issued a token and refuses it: it does not let this account in. Nothing was stored. */
export function accountRefusedPage(request: ConnectRequest): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `${title} does not let this account in`, status: 409 },
    html`<p>You gave your consent, but ${title} refused to show this account's data, so nothing was connected.</p>
<p>An account that still signs in with a Fitbit name and password has to be moved to a Google account first, in the Fitbit app. Then
ask FitGlue for a new link.</p>
${wayBack(request, "failed")}`,
  );
}

/** The provider's service has ended. */
export function gonePage(request: ConnectRequest): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `${title}'s old service has ended`, status: 502 },
    html`<p>${title} no longer lets anybody connect this way. Nothing was changed. Please ask FitGlue for a link to connect with
Google instead.</p>
${wayBack(request, "failed")}`,
  );
}

/** The user said no at the provider. */
export function deniedPage(request: ConnectRequest): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `${title} was not connected` },
    html`<p>You chose not to give FitGlue access, so nothing was connected and nothing is read.</p>
<p>You can connect ${title} from FitGlue whenever you like.</p>`,
  );
}

/** Something failed after the user said yes. */
export function failedPage(request: ConnectRequest, status: 502 | 503 | 400): Promise<Response> {
  const title = providerTitles[request.provider];
  return page(
    { title: `${title} could not be connected`, status },
    html`<p>${
      status === 400
        ? `${title} reported an error instead of your consent.`
        : `${title} did not complete the connection. Nothing was changed.`
    }</p>
<p>Please ask FitGlue for a new link and try again in a few minutes.</p>
${wayBack(request, "failed")}`,
  );
}

/** A link that does nothing (any more). */
export function deadLinkPage(status: "expired" | "unknown"): Promise<Response> {
  return status === "expired"
    ? page(
        { title: "This link has expired", status: 410 },
        html`<p>A link to connect an account works for 10 minutes. Please ask FitGlue for a new one.</p>`,
      )
    : page(
        { title: "This link does not work", status: 404 },
        html`<p>It has been used, or it was never made. A link to connect an account works once. Please ask FitGlue for
a new one.</p>`,
      );
}

/** A callback that belongs to no flow of this browser. A successful one that is reloaded gets here too, so it denies nothing. */
export function strayCallbackPage(reason: "unknown" | "other_browser" | "incomplete"): Promise<Response> {
  return page(
    reason === "other_browser"
      ? { title: "Nothing was connected", status: 400 }
      : { title: "This attempt to connect has ended", status: 400 },
    reason === "other_browser"
      ? html`<p>This page was opened in another browser than the one that began connecting.</p>
<p>Please ask FitGlue for a new link.</p>`
      : html`<p>It was completed already, took longer than 10 minutes, or its address is not whole. Connections in FitGlue shows what
is connected.</p>
<p>To connect an account, please ask FitGlue for a new link.</p>`,
  );
}

/** An address under /oauth or /connect that is none. */
export function unknownPage(): Promise<Response> {
  return page({ title: "There is nothing here", status: 404 }, html`<p>Please check the address.</p>`);
}

/** A request that another website's page sent. */
export function foreignFormPage(): Promise<Response> {
  return page(
    { title: "Nothing was connected", status: 403 },
    html`<p>This request came from another website's page. Please open the link that FitGlue gave you.</p>`,
  );
}

/** Something broke on our side. */
export function brokenPage(): Promise<Response> {
  return page(
    { title: "Something went wrong here", status: 500 },
    html`<p>It is not your fault. Please ask FitGlue for a new link and try again in a few minutes.</p>`,
  );
}

function wayBack(request: ConnectRequest, outcome: ConnectOutcome) {
  return request.returnUrl === null
    ? ""
    : html`<p><a href="${withOutcome(request.returnUrl, outcome)}">Back to FitGlue</a></p>`;
}
