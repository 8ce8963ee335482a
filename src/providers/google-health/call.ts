// The one place from which this adapter calls the Google Health API: time limit, pinned language, and the way from a status and
// a reason to an error of the closed set (Google Health reference §7). Nothing here retries, and no text of the provider's goes
// into a message. No answer carries a count of calls, so `rate` is null everywhere.

import type { ProviderError } from "../errors.ts";
import { isWebPage, readText, timeLimit } from "../http.ts";
import type { CallContext, ProviderResult } from "../port.ts";
import { type ErrorBody, readErrorBody } from "./error-body.ts";
import { tryParseJson } from "./json.ts";
import { retryAt } from "./rate-limit.ts";

/** Where the API is and how long an answer may take, its body included. */
export interface GoogleHealthApi {
  readonly apiUrl: string;
  readonly timeoutMilliseconds: number;
}

/** An answer that was refused, with its status, so that a caller can treat one refusal specially. */
export interface Refusal {
  readonly ok: false;
  /** Null when there was no answer, or not the end of it. */
  readonly status: number | null;
  readonly error: ProviderError;
}

export type Answer = { readonly ok: true; readonly response: Response } | Refusal;

/** Names of activities are localised (observed), so every call asks for the same language. Units are always metric. */
export const pinnedLanguage: Readonly<Record<string, string>> = { "accept-language": "en" };

/** The page where a user makes a Google Health profile (documented), for an answer that does not name it. */
const documentedSignUpUrl = "https://fitbit.google.com/auth/signup";

/**
 * Makes one GET with the user's token. `path` starts with a slash and holds the query. A 2xx comes back with its body unread
 * (the time limit goes on while it is read); everything else is a refusal. Never throws for what the provider or the network
 * does.
 */
export async function call(
  api: GoogleHealthApi,
  context: CallContext,
  path: string,
  accept = "application/json",
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`${api.apiUrl}${path}`, {
      headers: { ...pinnedLanguage, accept, authorization: `Bearer ${context.accessToken}` },
      redirect: "manual",
      signal: timeLimit(api, context.signal),
    });
  } catch {
    return noAnswer();
  }
  if (response.ok) return { ok: true, response };
  return refusal(response, (await readText(response)) ?? "", context.now);
}

/** As `call`, for an answer that is JSON. HTML with status 200 is a maintenance page; cut JSON is a `bad_response`. */
export async function callForJson(
  api: GoogleHealthApi,
  context: CallContext,
  path: string,
): Promise<{ readonly ok: true; readonly json: unknown } | Refusal> {
  const answer = await call(api, context, path);
  if (!answer.ok) return answer;
  const text = await readText(answer.response);
  if (text === null) return noAnswer();
  const json = tryParseJson(text);
  if (json !== undefined) return { ok: true, json };
  if (isWebPage(answer.response.headers.get("content-type"), text)) return webPageInstead();
  return {
    ok: false,
    status: answer.response.status,
    error: badResponse("The provider's answer is not whole JSON."),
  };
}

/** No answer, or not its end. */
export function noAnswer(): Refusal {
  return { ok: false, status: null, error: unavailable(true) };
}

/** A page for people where data was expected, with a status that says success. */
export function webPageInstead(): Refusal {
  return noAnswer();
}

export function badResponse(message: string): ProviderError {
  return { code: "bad_response", message };
}

/** A refusal as the port's result. */
export function failed<Value>({ error }: { readonly error: ProviderError }): ProviderResult<Value> {
  return { ok: false, error, rate: null };
}

/** An answer of the API that is not 2xx. */
function refusal(response: Response, text: string, now: number): Refusal {
  const { status } = response;
  const transport = transportError(response, text, now);
  return { ok: false, status, error: transport ?? errorOf(status, readErrorBody(text)) };
}

/** What a status says whichever endpoint it comes from, or null where the body decides. */
export function transportError(response: Response, text: string, now: number): ProviderError | null {
  const { status, headers } = response;
  // Google has said so of the API before this one; the body counts for nothing.
  if (status === 410) return { code: "provider_gone", message: "The provider has shut this API down." };
  if (status === 429) {
    const message = "The provider's call limit is used up.";
    return { code: "rate_limited", message, retryAt: retryAt(headers, now) };
  }
  // 503 says that the work was not begun. Of every other 5xx nobody knows.
  if (status >= 500) return unavailable(status !== 503);
  // 412: the user's profile is not ready yet (third-party).
  if (status === 412 || isWebPage(headers.get("content-type"), text)) return unavailable(false);
  return null;
}

function errorOf(status: number, { reason, signUpUrl }: ErrorBody): ProviderError {
  switch (reason) {
    case "ACCOUNT_NOT_LINKED":
      return {
        code: "account_not_linked",
        message: "This Google account has no Google Health profile yet.",
        signUpUrl: signUpUrl ?? documentedSignUpUrl,
      };
    case "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
    case "MISSING_OAUTH_SCOPE":
      return { code: "scope_missing", message: "The user has not granted the scope that this needs." };
    case "SERVICE_DISABLED":
    case "USER_PROJECT_DENIED":
      return { code: "misconfigured", message: "The provider has not enabled its API for this application." };
    case "other":
    case null:
      return errorWithoutReason(status, reason !== null);
    default:
      return reason satisfies never;
  }
}

function errorWithoutReason(status: number, namesReason: boolean): ProviderError {
  switch (status) {
    case 401:
      return needsConsent("The provider did not accept the access token.");
    case 403:
      // Without a reason it is an account that was never moved to Google, or access that was withdrawn (third-party). A reason
      // that nobody knows yet may as well be the project's, and then the user must not be sent away.
      return namesReason
        ? badResponse("The provider refused the request for a reason that is not known.")
        : needsConsent("The provider no longer gives access to this account.");
    case 404:
      return { code: "not_found", message: "The provider does not have this." };
    default:
      return badResponse(`The provider answered with the unexpected status ${status}.`);
  }
}

function needsConsent(message: string): ProviderError {
  return { code: "unauthorized", message, needsConsent: true };
}

function unavailable(answerLost: boolean): ProviderError {
  const message = "The provider could not be reached or could not answer. Try again later.";
  return { code: "provider_unavailable", message, answerLost };
}
