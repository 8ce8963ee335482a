// A stored object as an answer: its gzipped bytes go from R2 to the wire as they are, inflated only for a client that takes no
// gzip. Nothing is parsed, so a document costs the same however long the activity was. Whose object it is, the caller knows.

import { entityTag, isUnchanged, notModified, takesGzip } from "../kernel/conditional.ts";

export interface StoredObject {
  /** R2 key of gzipped bytes. */
  readonly key: string;
  /** What the tag is made of besides the key. */
  readonly revision: number;
  readonly contentType: string;
  /** The name under which a browser saves it; shown in place without one. */
  readonly fileName?: string;
}

/** 200 with the bytes, 304 where the client has them already, null when the object is gone. */
export async function answerStoredObject(
  request: Request,
  bucket: R2Bucket,
  stored: StoredObject,
): Promise<Response | null> {
  const headers: Record<string, string> = {
    etag: await entityTag([stored.revision, stored.key]),
    "cache-control": "private, no-cache",
    vary: "accept-encoding",
  };
  if (isUnchanged(request, headers.etag ?? "")) return notModified(headers);
  const object = await bucket.get(stored.key);
  if (object === null) return null;
  headers["content-type"] = stored.contentType;
  if (stored.fileName !== undefined) {
    headers["content-disposition"] = `attachment; filename="${stored.fileName}"`;
  }
  if (!takesGzip(request)) {
    return new Response(object.body.pipeThrough(new DecompressionStream("gzip")), { headers });
  }
  headers["content-encoding"] = "gzip";
  return new Response(object.body, { headers, encodeBody: "manual" });
}
