// The one place from which this adapter calls Fitbit: time limit, pinned languages, rate headers, and the way from a
// status and a body to an error of the closed set. Nothing here retries, and no text of the provider's goes into a message.

import type { ProviderError } from "../errors.ts";
import { isWebPage, readText, timeLimit } from "../http.ts";
import type { CallContext, ProviderResult, RateReading } from "../port.ts";
import { errorTypesOf, type FitbitErrorType } from "./error-body.ts";
import { tryParseJson } from "./json.ts";
import { readRate, retryAt } from "./rate-limit.ts";

/** Where the API is and how long an answer may take, its body included. */
export interface FitbitApi {
  readonly apiUrl: string;
  readonly timeoutMilliseconds: number;
}

/** One call. `path` starts with a slash and holds the query. */
export interface ApiCall {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly form?: URLSearchParams;
  readonly accept?: string;
}

/** An answer that was refused, with what the body said, so that a caller can treat one refusal specially. */
export interface Refusal {
  readonly ok: false;
  /** Null when there was no answer. */
  readonly status: number | null;
  readonly errorTypes: ReadonlySet<FitbitErrorType>;
  readonly webPage: boolean;
  readonly error: ProviderError;
  readonly rate: RateReading | null;
}

export type Answer =
  | { readonly ok: true; readonly response: Response; readonly rate: RateReading | null }
  | Refusal;

/**
 * Languages decide units (Accept-Language: en_US gives miles and feet, any other value metric: documented) and the
 * activities' names (Accept-Locale). An HTTP library that sends its own would change both, so every call says it.
 */
export const pinnedLanguages: Readonly<Record<string, string>> = {
  "accept-language": "metric",
  "accept-locale": "en_US",
};

/**
 * Makes one call with the user's token. A 2xx comes back with its body unread (the time limit goes on while it is read);
 * everything else is a refusal with an error of the closed set. Never throws for what the provider or the network does.
 */
export async function call(api: FitbitApi, context: CallContext, request: ApiCall): Promise<Answer> {
  const headers = new Headers({
    ...pinnedLanguages,
    accept: request.accept ?? "application/json",
    authorization: `Bearer ${context.accessToken}`,
  });
  const method = request.method ?? "GET";
  // 411 Length Required otherwise (documented for subscriptions).
  if (method !== "GET" && request.form === undefined) headers.set("content-length", "0");
  const init: RequestInit = { method, headers, redirect: "manual", signal: timeLimit(api, context.signal) };
  if (request.form !== undefined) init.body = request.form;

  let response: Response;
  try {
    response = await fetch(new URL(request.path, api.apiUrl).href, init);
  } catch {
    return noAnswer();
  }
  const rate = readRate(response.headers, context.now);
  if (response.ok) return { ok: true, response, rate };
  const body = await readText(response);
  return refusal(response, body ?? "", context.now, rate);
}

/** As `call`, for an answer that is JSON. HTML with status 200 is a maintenance page; cut JSON is a `bad_response`. */
export async function callForJson(
  api: FitbitApi,
  context: CallContext,
  request: ApiCall,
): Promise<{ readonly ok: true; readonly json: unknown; readonly rate: RateReading | null } | Refusal> {
  const answer = await call(api, context, request);
  if (!answer.ok) return answer;
  const text = await readText(answer.response);
  if (text === null) return noAnswer(answer.rate);
  const json = tryParseJson(text);
  if (json !== undefined) return { ok: true, json, rate: answer.rate };
  if (isWebPage(answer.response.headers.get("content-type"), text)) {
    return webPageInstead(answer.response.status, answer.rate);
  }
  return refused(
    answer.response.status,
    badResponse("The provider's answer is not whole JSON."),
    answer.rate,
  );
}

/** Turns an answer that is not 2xx into a refusal. `body` may be anything, including cut or empty. */
export function refusal(
  response: Response,
  body: string,
  now: number,
  rate: RateReading | null = readRate(response.headers, now),
): Refusal {
  const errorTypes = errorTypesOf(body);
  const webPage = isWebPage(response.headers.get("content-type"), body);
  const error = errorOf(response.status, errorTypes, webPage, () => retryAt(response.headers, now));
  return { ok: false, status: response.status, errorTypes, webPage, error, rate };
}

/** No answer, or not its end: the request may have been carried out. */
export function noAnswer(rate: RateReading | null = null): Refusal {
  return refused(null, unavailable(true), rate);
}

/** A page for people where data was expected, with a status that says success. */
export function webPageInstead(status: number, rate: RateReading | null): Refusal {
  return refused(status, unavailable(true), rate, { webPage: true });
}

export function badResponse(message: string): ProviderError {
  return { code: "bad_response", message };
}

/** A refusal as the port's result. */
export function failed<Value>(refusal: {
  readonly error: ProviderError;
  readonly rate: RateReading | null;
}): ProviderResult<Value> {
  return { ok: false, error: refusal.error, rate: refusal.rate };
}

function refused(
  status: number | null,
  error: ProviderError,
  rate: RateReading | null,
  { webPage = false } = {},
): Refusal {
  return { ok: false, status, errorTypes: new Set(), webPage, error, rate };
}

function unavailable(answerLost: boolean, conflict = false): ProviderError {
  const message = "The provider could not be reached or could not answer. Try again later.";
  return conflict
    ? { code: "provider_unavailable", message, answerLost, conflict }
    : { code: "provider_unavailable", message, answerLost };
}

function errorOf(
  status: number,
  types: ReadonlySet<FitbitErrorType>,
  webPage: boolean,
  retry: () => number,
): ProviderError {
  // Announced for every request after the shut-off; the body's shape is unknown, so only the status counts.
  if (status === 410) return { code: "provider_gone", message: "The provider has shut this API down." };
  if (status === 429) {
    return { code: "rate_limited", message: "The provider's call limit is used up.", retryAt: retry() };
  }
  if (types.has("invalid_grant")) {
    return { code: "grant_revoked", message: "The provider no longer accepts this grant. Connect again." };
  }
  if (types.has("invalid_client") || (status === 401 && types.has("invalid_request"))) {
    return { code: "misconfigured", message: "The provider does not accept this application's credentials." };
  }
  // 503 says that the work was not begun. Of every other 5xx, 502 of a gateway above all, nobody knows: a 502 on a
  // DELETE that had succeeded is reported (Fitbit reference §7, community).
  if (status >= 500) return unavailable(status !== 503);
  if (webPage) return unavailable(false);
  switch (status) {
    case 401:
      return { code: "unauthorized", message: "The provider did not accept the access token." };
    case 403:
      return types.has("insufficient_permissions")
        ? { code: "misconfigured", message: "The provider has not approved this application for this data." }
        : types.has("insufficient_scope")
          ? { code: "scope_missing", message: "The user has not granted the scope that this needs." }
          : badResponse("The provider refused the request without a reason that is known.");
    case 404:
      return { code: "not_found", message: "The provider does not have this." };
    case 409:
      return unavailable(false, true);
    default:
      return badResponse(`The provider answered with the unexpected status ${status}.`);
  }
}
