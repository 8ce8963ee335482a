// An activity's TCX as a stream of bytes, or the reason why there is none. It comes raw or, where `alt=media` was not heeded, as
// text inside JSON; the type of the answer is not documented, so its first byte decides (Google Health reference §4).

import type { SourceActivityId } from "../../kernel/ids.ts";
import { contentLength, isWebPage } from "../http.ts";
import { openBody } from "../opened-body.ts";
import type { CallContext, MissingReason, ProviderResult, TcxAnswer, TcxOptions } from "../port.ts";
import { exercisesPath } from "./activity-list.ts";
import { call, failed, type GoogleHealthApi, noAnswer, type Refusal, webPageInstead } from "./call.ts";
import { isBlank, unwrapTcx } from "./tcx-envelope.ts";

/**
 * Asks for the TCX, which needs the scopes `activity` and `location`. Points without a position are asked for when the caller
 * says so, and where there is no route to begin with: otherwise there would be no file (documented).
 */
export async function fetchTcx(
  api: GoogleHealthApi,
  context: CallContext,
  id: SourceActivityId,
  options: TcxOptions,
): Promise<ProviderResult<TcxAnswer>> {
  // The colon stays as it is: encoded, the address is unknown (third-party).
  const path = `${exercisesPath}/${encodeURIComponent(id)}:exportExerciseTcx?alt=media`;
  const partialData = options.partial || !options.gpsExpected ? "&partialData=true" : "";
  const answer = await call(api, context, `${path}${partialData}`, "application/vnd.garmin.tcx+xml");
  if (!answer.ok) {
    const reason = reasonOf(answer, options);
    return reason === null ? failed(answer) : missing(reason);
  }
  const { response } = answer;
  if (response.status === 204 || response.body === null) return missing("provider_has_none");

  const opened = await openBody(response.body, isBlank);
  if (opened.kind === "broken") return failed(noAnswer());
  if (opened.kind === "empty") return missing("provider_has_none");
  // A maintenance page with status 200 would otherwise be stored as a file that cannot be read.
  if (isWebPage(response.headers.get("content-type"), opened.beginning)) {
    await opened.body.cancel();
    return failed(webPageInstead());
  }
  if (!opened.beginning.startsWith("{")) {
    return document(opened.body, contentLength(response.headers));
  }
  const unwrapped = await openBody(unwrapTcx(opened.body), isBlank);
  if (unwrapped.kind === "broken") return failed(noAnswer());
  if (unwrapped.kind === "empty") return missing("provider_has_none");
  return document(unwrapped.body, null);
}

/** Refusals that are answers: asking again would not change them. Null where it might, or where they are about more than this. */
function reasonOf({ status, error }: Refusal, options: TcxOptions): MissingReason | null {
  switch (error.code) {
    case "scope_missing":
      return "scope_not_granted";
    case "not_found":
      return options.gpsExpected ? "provider_has_none" : "no_gps";
    case "bad_response":
      return status === null || status < 400 ? null : "provider_refused";
    case "unauthorized":
      // Without a reason, and in answer to this alone, 403 says nothing of the account: the list will, if there is more to it.
      return status === 403 ? "provider_refused" : null;
    default:
      return null;
  }
}

function document(body: ReadableStream<Uint8Array>, length: number | null): ProviderResult<TcxAnswer> {
  return { ok: true, value: { kind: "document", body, contentLength: length }, rate: null };
}

function missing(reason: MissingReason): ProviderResult<TcxAnswer> {
  return { ok: true, value: { kind: "missing", reason }, rate: null };
}
