// Fetches what the list does not tell of one activity: its TCX and its heart rate. Bytes are decoded and compressed as they
// come, so that one document is in memory once. A stream that is not to be had is a reason, never an exception.

import type { SourceActivityId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { ProviderError } from "../providers/errors.ts";
import { HeartRateCollector } from "../providers/heart-rate-pages.ts";
import type {
  ActivitySummary,
  HeartRatePage,
  HeartRateRequest,
  HeartRateResult,
  MissingReason,
  ProviderResult,
  TcxOptions,
} from "../providers/port.ts";
import { TcxDecoder } from "../tcx/decoder.ts";
import type { TcxDocument } from "../tcx/document.ts";
import { TcxError } from "../tcx/errors.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";

/** A TCX as it came: decoded, and gzipped for keeping. */
export type FetchedTcx =
  | {
      readonly kind: "document";
      readonly document: TcxDocument;
      readonly gzipped: Uint8Array<ArrayBuffer>;
      readonly partial: boolean;
    }
  | { readonly kind: "missing"; readonly reason: MissingReason | "too_large" };

/** Attempts at a stream that the provider fails to deliver before the activity goes on without it. */
export const streamAttempts = 3;

const windowMilliseconds = 24 * 3_600_000;
/** An activity longer than this is somebody who forgot to stop; its heart rate is cut there. */
const windowLimit = 3;
/** Pages of one window: a day of samples by second is 9 of 10,000 (Google's largest), but it was seen to answer 50 at a time. */
const pageLimit = 200;

/** One call. `attempt` counts the message's deliveries: the last ones take a failing provider for an answer. */
export async function fetchTcx(
  session: SyncSession,
  id: SourceActivityId,
  options: TcxOptions & { readonly attempt: number },
): Promise<FetchedTcx> {
  if (!session.lease.link.grantedScopes.includes("location") || !grants(session, "activity")) {
    return { kind: "missing", reason: "scope_not_granted" };
  }
  const result = await session.call((context) =>
    session.provider.fetchTcx(context, id, { partial: options.partial, gpsExpected: options.gpsExpected }),
  );
  if (!result.ok) return { kind: "missing", reason: reasonOf(result.error, options.attempt) };
  if (result.value.kind === "missing") return result.value;
  return await decodeAndKeep(result.value.body, options);
}

async function decodeAndKeep(
  body: ReadableStream<Uint8Array>,
  options: { partial: boolean; attempt: number },
): Promise<FetchedTcx> {
  const decoder = new TcxDecoder();
  const compression = new CompressionStream("gzip");
  const gzipped = new Response(compression.readable).arrayBuffer();
  const writer = compression.writable.getWriter();
  try {
    for await (const chunk of body) {
      decoder.push(chunk);
      await writer.write(chunk);
    }
    await writer.close();
    const document = decoder.end();
    return { kind: "document", document, gzipped: new Uint8Array(await gzipped), partial: options.partial };
  } catch (exception) {
    gzipped.catch(() => undefined);
    await writer.abort(exception).catch(() => undefined);
    if (exception instanceof TcxError && exception.code === "too_large") {
      return { kind: "missing", reason: "too_large" };
    }
    if (exception instanceof TcxError && exception.code === "no_activity") {
      return { kind: "missing", reason: "provider_has_none" };
    }
    const code = exception instanceof TcxError ? exception.code : "connection_broke";
    log("warn", "tcx.refused", { code, ...(exception instanceof TcxError ? { at: exception.offset } : {}) });
    // A cut download looks the same as a broken connection: worth another attempt. What is malformed stays so.
    const error: ProviderError = {
      code: "provider_unavailable",
      message: "The TCX ended before its time.",
      answerLost: true,
    };
    const isCut = code === "truncated" || code === "connection_broke";
    return { kind: "missing", reason: isCut ? reasonOf(error, options.attempt) : "provider_error" };
  }
}

/** Heart rate of the activity's whole time, in windows of at most a day, each one call a page. */
export async function fetchHeartRate(
  session: SyncSession,
  summary: Pick<
    ActivitySummary,
    "startTime" | "elapsedSeconds" | "utcOffsetSeconds" | "averageHeartRate" | "recordedWith"
  >,
  attempt: number,
): Promise<HeartRateResult> {
  if (!grants(session, "heartrate")) return { kind: "missing", reason: "scope_not_granted" };
  const end = summary.startTime + summary.elapsedSeconds * 1000;
  const collected = new HeartRateCollector();
  for (let window = 0; window < windowLimit; window++) {
    const startTime = summary.startTime + window * windowMilliseconds;
    if (startTime >= end) break;
    const request: HeartRateRequest = {
      startTime,
      endTime: Math.min(end, startTime + windowMilliseconds),
      utcOffsetSeconds: summary.utcOffsetSeconds,
      // The average is the whole activity's: it proves nothing about one day of several.
      averageHeartRate: end - summary.startTime <= windowMilliseconds ? summary.averageHeartRate : null,
      timeBasisWhenUnclear: collected.timeBasis,
      ...(summary.recordedWith === undefined ? {} : { recordedWith: summary.recordedWith }),
    };
    let page: string | null = null;
    for (let count = 0; count < pageLimit; count++) {
      const result: ProviderResult<HeartRatePage> = await session.call((context) =>
        session.provider.fetchHeartRate(context, request, page),
      );
      if (!result.ok) {
        collected.add({ kind: "missing", reason: reasonOf(result.error, attempt) });
        break;
      }
      collected.add(result.value.result);
      page = result.value.nextPage;
      if (page === null) break;
    }
  }
  return collected.result();
}

function grants(session: SyncSession, scope: "activity" | "heartrate"): boolean {
  return session.lease.link.grantedScopes.includes(scope);
}

/** What a refusal means for the stream; a failure that may pass interrupts until the attempts are used up. */
function reasonOf(error: ProviderError, attempt: number): MissingReason {
  switch (error.code) {
    case "scope_missing":
      return "scope_not_granted";
    case "not_found":
      return "provider_has_none";
    case "provider_unavailable":
    case "bad_response":
      if (attempt < streamAttempts) throw new SyncInterrupted({ kind: "failed", error });
      return "provider_error";
    case "account_not_linked":
    case "misconfigured":
    case "unauthorized":
    case "grant_revoked":
    case "rate_limited":
    case "provider_gone":
      throw new SyncInterrupted({ kind: "failed", error });
    default:
      return error satisfies never;
  }
}
