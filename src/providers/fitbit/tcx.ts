// An activity's TCX as a stream of bytes, or the reason why there is none. The file is handed on as it comes and decoded
// elsewhere; reading the stream can still fail when the connection breaks, and the time limit covers reading it.

import type { SourceActivityId } from "../../kernel/ids.ts";
import { contentLength, isWebPage } from "../http.ts";
import { openBody } from "../opened-body.ts";
import type {
  CallContext,
  MissingReason,
  ProviderResult,
  RateReading,
  TcxAnswer,
  TcxOptions,
} from "../port.ts";
import { call, type FitbitApi, failed, noAnswer, type Refusal, webPageInstead } from "./call.ts";

/** Asks for the TCX. `partial` includes points without a position where that is all there is. */
export async function fetchTcx(
  api: FitbitApi,
  context: CallContext,
  id: SourceActivityId,
  options: TcxOptions,
): Promise<ProviderResult<TcxAnswer>> {
  const query = options.partial ? "?includePartialTCX=true" : "";
  const answer = await call(api, context, {
    path: `/1/user/-/activities/${encodeURIComponent(id)}.tcx${query}`,
    accept: "application/vnd.garmin.tcx+xml",
  });
  if (!answer.ok) {
    const reason = reasonOf(answer);
    return reason === null ? failed(answer) : missing(reason, answer.rate);
  }
  const { response, rate } = answer;
  if (response.status === 204 || response.body === null) return missing("provider_has_none", rate);

  const opened = await openBody(response.body);
  if (opened.kind === "broken") return failed(noAnswer(rate));
  if (opened.kind === "empty") return missing("provider_has_none", rate);
  // A maintenance page with status 200 would otherwise be stored as a file that cannot be read.
  if (isWebPage(response.headers.get("content-type"), opened.beginning)) {
    await opened.body.cancel();
    return failed(webPageInstead(response.status, rate));
  }
  return {
    ok: true,
    value: { kind: "document", body: opened.body, contentLength: contentLength(response.headers) },
    rate,
  };
}

/** Refusals that are answers: asking again would not change them. Null where it might. */
function reasonOf(refused: Refusal): MissingReason | null {
  // What the edge says in HTML is not the API's word about this activity.
  if (refused.webPage) return null;
  switch (refused.status) {
    case 400: // Some logs answer 400 for ever (reference §4, community).
      return refused.errorTypes.has("invalid_grant") || refused.errorTypes.has("invalid_client")
        ? null
        : "provider_refused";
    case 403: // TCX needs activity and location (documented).
      return refused.errorTypes.has("insufficient_scope") ? "scope_not_granted" : "provider_refused";
    case 404:
      return "provider_has_none";
    default:
      return null;
  }
}

function missing(reason: MissingReason, rate: RateReading | null): ProviderResult<TcxAnswer> {
  return { ok: true, value: { kind: "missing", reason }, rate };
}
