// What an application asks for at /o/oauth2/v2/auth. Google shows errors of the request on a page of its own and redirects
// none of them (Google's OAuth pages for web server applications); the texts here are ours behind the documented codes.

import { parseScopes } from "./scopes.ts";
import type { GoogleState } from "./state.ts";

export interface AuthorizationRequest {
  scopes: string[];
  redirectUri: string;
  challenge: { value: string; method: "plain" | "S256" } | null;
  /** access_type=offline: the application wants a refresh token. */
  offline: boolean;
  /** prompt=consent: it is given one even if it has had one before. */
  forceConsent: boolean;
  state: string | null;
}

/** A refusal that the user sees; nothing is redirected. */
export class PageError {
  readonly code: string;
  readonly message: string;
  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** The request, from the query or from the consent form that repeats it. */
export function parseAuthorization(
  google: GoogleState,
  parameters: URLSearchParams,
): AuthorizationRequest | PageError {
  const { clientId, redirectUris } = google.options;
  if (parameters.get("client_id") !== clientId) {
    return new PageError("invalid_client", "The OAuth client was not found.");
  }
  const redirectUri = parameters.get("redirect_uri") ?? "";
  if (!URL.canParse(redirectUri) || (redirectUris && !redirectUris.includes(redirectUri))) {
    return new PageError("redirect_uri_mismatch", "The redirect address is not one of this client's.");
  }
  if (parameters.get("response_type") !== "code") {
    return new PageError("unsupported_response_type", "response_type must be code.");
  }
  const scopes = parseScopes(parameters.get("scope") ?? "");
  if (scopes === null) return new PageError("invalid_scope", "A scope that was asked for does not exist.");
  if (scopes.length === 0) return new PageError("invalid_request", "Missing required parameter: scope");
  const accessType = parameters.get("access_type") ?? "online";
  if (accessType !== "online" && accessType !== "offline") {
    return new PageError("invalid_request", "access_type must be online or offline.");
  }
  const prompts = (parameters.get("prompt") ?? "").split(" ").filter((prompt) => prompt !== "");
  if (!prompts.every((prompt) => ["none", "consent", "select_account"].includes(prompt))) {
    return new PageError("invalid_request", "Invalid parameter value for prompt.");
  }
  const challenge = parseChallenge(parameters);
  if (challenge instanceof PageError) return challenge;
  return {
    scopes,
    redirectUri,
    challenge,
    offline: accessType === "offline",
    forceConsent: prompts.includes("consent"),
    state: parameters.get("state"),
  };
}

function parseChallenge(parameters: URLSearchParams): AuthorizationRequest["challenge"] | PageError {
  const value = parameters.get("code_challenge");
  if (value === null) return null;
  const method = parameters.get("code_challenge_method") ?? "plain";
  if ((method !== "plain" && method !== "S256") || !/^[A-Za-z0-9._~-]{43,128}$/.test(value)) {
    return new PageError("invalid_request", "Invalid code_challenge or code_challenge_method.");
  }
  return { value, method };
}
