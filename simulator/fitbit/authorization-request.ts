// What an application asks for at /oauth2/authorize, checked in the way and with the texts of Fitbit's consent page
// ("Authorize" and "Error Messages", dev.fitbit.com).

import type { State } from "../state.ts";
import { parseScopes } from "./scopes.ts";

/** Seconds that an implicit token may live. */
const implicitLifetimes = new Set([86_400, 604_800, 2_592_000, 31_536_000]);

export interface AuthorizationRequest {
  responseType: "code" | "token";
  scopes: string[];
  /** As it was in the request; null when it was left out. */
  givenRedirectUri: string | null;
  redirectUri: string;
  challenge: { value: string; method: "plain" | "S256" } | null;
  implicitLifetimeSeconds: number;
  state: string | null;
}

/** A refusal that the user sees; nothing is redirected. */
export class PageError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** The request, from the query or from the consent form that repeats it. */
export function parseAuthorization(
  state: State,
  parameters: URLSearchParams,
): AuthorizationRequest | PageError {
  const options = state.options.fitbit;
  const clientId = parameters.get("client_id");
  if (!clientId) return new PageError("invalid_request - Missing parameters: client_id");
  if (clientId !== options.clientId) return new PageError("unauthorize_client - Invalid client_id");

  const registered = options.redirectUris;
  const given = parameters.get("redirect_uri");
  const only = registered?.length === 1 ? registered[0] : undefined;
  const prompt = parameters.get("prompt");
  const redirectUri = given ?? (prompt === null ? only : undefined);
  if (redirectUri === undefined || redirectUri === "") {
    return new PageError("invalid_request - Missing redirect_uri parameter value");
  }
  if ((registered && !registered.includes(redirectUri)) || !URL.canParse(redirectUri)) {
    return new PageError("invalid_request - Invalid redirect_uri parameter value");
  }
  if (prompt !== null && !["none", "consent", "login", "login consent"].includes(prompt)) {
    return new PageError("invalid_request - Invalid prompt parameter value");
  }

  const responseType = parameters.get("response_type");
  if (!responseType) return new PageError("invalid_request - Missing response_type parameter value");
  if (responseType !== "code" && responseType !== "token") {
    return new PageError("unsupported_response_type - Invalid response_type parameter value");
  }
  if (responseType === "token" && state.settings.applicationType !== "client") {
    return new PageError(
      "unauthorized_client - The client is not authorized to request an access token using this method.",
    );
  }
  const scopes = parseScopes(parameters.get("scope") ?? "");
  if (scopes.length === 0) return new PageError("invalid_request - Missing parameters: scope");
  const challenge = parseChallenge(parameters);
  if (challenge instanceof PageError) return challenge;
  const lifetime = Number(parameters.get("expires_in"));
  return {
    responseType,
    scopes,
    givenRedirectUri: given,
    redirectUri,
    challenge,
    implicitLifetimeSeconds: implicitLifetimes.has(lifetime) ? lifetime : 86_400,
    state: parameters.get("state"),
  };
}

function parseChallenge(parameters: URLSearchParams): AuthorizationRequest["challenge"] | PageError {
  const value = parameters.get("code_challenge");
  if (value === null) return null;
  if (value.length < 43 || value.length > 128) {
    return new PageError("invalid_request - The code_challenge parameter length must be between 43 and 128");
  }
  if (!/^[A-Za-z0-9._~-]+$/.test(value)) {
    return new PageError("invalid_request - The code_challenge parameter is invalid");
  }
  const method = parameters.get("code_challenge_method") ?? "plain";
  if (method !== "plain" && method !== "S256") {
    return new PageError("invalid_request - Unsupported code_challenge_method");
  }
  return { value, method };
}
