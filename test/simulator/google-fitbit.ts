// The few steps at Fitbit that tests of people with both accounts take.

import type { GoogleWorld } from "./google-harness.ts";
import { clientId, clientSecret, redirectUri, url } from "./harness.ts";

export { allScopes, listPath } from "./harness.ts";

/** Consents at Fitbit and gives an access token. */
export async function connectFitbit(
  world: GoogleWorld,
  account: string,
  scopes: readonly string[],
): Promise<string> {
  const form = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    requested_scope: scopes.join(" "),
    account,
    decision: "allow",
  });
  for (const one of scopes) form.append("scope", one);
  const consent = await world.simulator.fetch(
    new Request(`${url}/oauth2/authorize`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    }),
  );
  const code = new URL(consent.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const response = await world.form(
    "/oauth2/token",
    { grant_type: "authorization_code", code, redirect_uri: redirectUri },
    { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
  );
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}
