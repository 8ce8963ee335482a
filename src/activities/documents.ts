// The R2 side of an activity. Every key ends in the hash of the bytes, so that a late writer overwrites nothing, and every
// object is written before the row that names it; what no row names is an orphan, which the sweep deletes.

import type { ActivityId, ConnectionId } from "../kernel/ids.ts";
import type { ActivitySummary, HeartRateResult } from "../providers/port.ts";
import type { StreamReason } from "./document.ts";

/** What a document was assembled from, kept so that a later look costs one call and not three. */
export interface ActivitySources {
  readonly version: 1;
  readonly summary: ActivitySummary;
  readonly heartRate: HeartRateResult;
  /** How the TCX was asked and answered; the bytes stand in an object of their own. */
  readonly tcx:
    | { readonly kind: "document"; readonly key: string; readonly partial: boolean }
    | { readonly kind: "missing"; readonly reason: StreamReason };
}

export type ObjectKind = "documents" | "sources" | "tcx";

/** Everything of one connection stands under this prefix, for each kind. */
export function connectionPrefix(kind: ObjectKind, connectionId: ConnectionId): string {
  return `${kind}/${connectionId}/`;
}

/** Puts gzipped bytes and answers the key: `{kind}/{connection}/{activity}/{hash}.gz`. */
export async function putObject(
  bucket: R2Bucket,
  kind: ObjectKind,
  owner: { connectionId: ConnectionId; activityId: ActivityId },
  gzipped: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", gzipped));
  const hash = [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const key = `${connectionPrefix(kind, owner.connectionId)}${owner.activityId}/${hash}.gz`;
  await bucket.put(key, gzipped, {
    httpMetadata: {
      contentType: kind === "tcx" ? "application/vnd.garmin.tcx+xml" : "application/json",
      contentEncoding: "gzip",
    },
  });
  return key;
}

/** The sources of an activity, or null when the object is gone (an erasure, a sweep that came between). */
export async function readSources(bucket: R2Bucket, key: string | null): Promise<ActivitySources | null> {
  const body = key === null ? null : await openObject(bucket, key);
  return body === null ? null : ((await new Response(body).json()) as ActivitySources);
}

/** The inflated bytes of an object as a stream, or null when it is gone. */
export async function openObject(bucket: R2Bucket, key: string): Promise<ReadableStream<Uint8Array> | null> {
  const object = await bucket.get(key);
  return object === null ? null : object.body.pipeThrough(new DecompressionStream("gzip"));
}
