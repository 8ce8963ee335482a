// `/`: what is running. On a developer's machine it also opens the portal of a sample user and connects one; on a public
// address it only says what this is, because the way in is a link that FitGlue makes.

import { html } from "hono/html";
import { type Configuration, isLoopback } from "../kernel/configuration.ts";
import { asId, type ProviderName, type UserId } from "../kernel/ids.ts";
import { page } from "../pages/page.tsx";
import { providerTitles } from "../pages/words.ts";
import { createLink } from "./links.ts";

export const sampleUserId = asId<UserId>("sample-user");

/**
 * The page, or on a developer's machine the way to it: under another name of the same machine its form would count as one
 * from a foreign site, because everything there is held against `PUBLIC_URL`.
 */
export async function homePage(configuration: Configuration, requestUrl: string): Promise<Response> {
  if (!configuration.isLocal) return publicPage();
  const { origin, hostname } = new URL(requestUrl);
  if (origin !== configuration.publicUrl && isLoopback(hostname)) {
    return new Response(null, { status: 302, headers: { location: `${configuration.publicUrl}/` } });
  }
  return localPage(configuration);
}

/** Makes a connect link for the sample user and answers its path. Only for a local Worker. */
export async function sampleLinkPath(env: Env, provider: ProviderName, now: number): Promise<string> {
  const { token } = await createLink(
    env,
    { userId: sampleUserId, displayName: null, provider, returnUrl: null },
    now,
  );
  return `/connect/${token}`;
}

function publicPage(): Promise<Response> {
  return page(
    { title: "FitGlue Fitbit source" },
    html`<p>This service brings activities from Fitbit and Google Health to FitGlue. To connect an account, start from FitGlue.</p>
<p>For programs: <a href="/docs">the API</a>.</p>`,
  );
}

function localPage(configuration: Configuration): Promise<Response> {
  return page(
    { title: "FitGlue Fitbit source", formTargets: ["'self'"] },
    html`<p>Running on this machine.</p>
<table><tbody>
<tr><th scope="row">Worker</th><td>${configuration.publicUrl}</td></tr>
<tr><th scope="row">Providers</th><td>${
      configuration.simulatorUrl === null
        ? "the real ones"
        : html`the simulator on <a href="${configuration.simulatorUrl}">${configuration.simulatorUrl}</a>`
    }</td></tr>
<tr><th scope="row">API</th><td><a href="/docs">description</a>, <a href="/openapi.json">OpenAPI</a></td></tr>
</tbody></table>
<h2>See what a user sees</h2>
<form method="post" action="/dev/portal"><p><button>Open the portal as ${sampleUserId}</button></p></form>
<h2>Connect as FitGlue does, without the portal</h2>
<form method="post" action="/dev/connect"><p class="actions">${configuration.providers.map(
      (name) =>
        html`<button class="plain" name="provider" value="${name}">Connect ${providerTitles[name]}</button>
`,
    )} as <code>${sampleUserId}</code></p></form>`,
  );
}
