// The way to the provider: notes the authorization, binds this browser with a cookie, and redirects. Both a connect link and
// the portal begin here, each after it has made sure who is asking.

import { generateCookie } from "hono/cookie";
import type { Configuration } from "../kernel/configuration.ts";
import { providerFor } from "../providers/registry.ts";
import { authorizationLifetimeSeconds, startAuthorization } from "./authorizations.ts";
import type { ConnectRequest } from "./links.ts";

/** Sends the user to the provider's consent page (303). `now` in epoch milliseconds. */
export async function beginAuthorization(
  env: Env,
  configuration: Configuration,
  request: ConnectRequest,
  now: number,
): Promise<Response> {
  const started = await startAuthorization(env, configuration, request, now);
  const cookie = flowCookie(
    configuration,
    started.cookieName,
    started.cookieValue,
    authorizationLifetimeSeconds,
  );
  return redirect(authorizeUrl(configuration, request, started), cookie);
}

/** The provider's consent page for this request. */
export function authorizeUrl(
  configuration: Configuration,
  request: Pick<ConnectRequest, "provider">,
  flow: { readonly state: string; readonly codeChallenge: string },
): string {
  const { state, codeChallenge } = flow;
  const redirectUri = redirectUriOf(configuration, request);
  return providerFor(configuration, request.provider).authorizationUrl({ state, codeChallenge, redirectUri });
}

/** One redirect URI a provider, which has to equal the registered one to the letter. */
export function redirectUriOf(
  configuration: Configuration,
  request: Pick<ConnectRequest, "provider">,
): string {
  return `${configuration.publicUrl}/oauth/${request.provider}/callback`;
}

/** A cookie of one flow. `Lax`, because the callback is a navigation that another site begins. */
export function flowCookie(
  configuration: Configuration,
  name: string,
  value: string,
  maxAgeSeconds: number,
): string {
  return generateCookie(name, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: !configuration.isLocal,
    maxAge: maxAgeSeconds,
  });
}

/** 303, never cached. */
export function redirect(location: string, cookie: string | null = null): Response {
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  if (cookie !== null) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}
