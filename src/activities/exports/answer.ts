// A stored activity's file as an answer to a request: 304 for a client that has it, else the body. The document is read whole
// (ten hours are some megabytes), the text made of it while it is sent. It goes out plain: to gzip ten hours costs more time than to
// write them. Who may have it, whose it is, and that the format can hold it (`canExport`), the caller knows.

import { entityTag, isUnchanged, notModified } from "../../kernel/conditional.ts";
import type { ActivityDocument } from "../document.ts";
import { openObject } from "../documents.ts";
import type { ActivityFiles } from "../find-files.ts";
import { type ExportFormat, exportContentTypes, exportFileName, writeExport } from "./export.ts";

/** Part of every tag. Another number whenever a writer writes otherwise than before, so that nobody keeps the old file. */
const writersVersion = 2;

export type ExportedActivity = Omit<ActivityFiles, "tcxKey">;

/** 200 with the file (HEAD: with its headers, and nothing is written), 304 where the client has it already, null when the document is gone. */
export async function answerExport(
  request: Request,
  bucket: R2Bucket,
  activity: ExportedActivity,
  format: ExportFormat,
): Promise<Response | null> {
  const tag = await entityTag([activity.revision, activity.documentKey, format, writersVersion]);
  const headers = { etag: tag, "cache-control": "private, no-cache" };
  if (isUnchanged(request, tag)) return notModified(headers);
  const fileHeaders = {
    ...headers,
    "content-type": exportContentTypes[format],
    "content-disposition": `attachment; filename="${exportFileName(activity, format)}"`,
  };
  if (request.method === "HEAD") {
    const isThere = (await bucket.head(activity.documentKey)) !== null;
    return isThere ? new Response(null, { headers: fileHeaders }) : null;
  }
  const stored = await openObject(bucket, activity.documentKey);
  if (stored === null) return null;
  // Written by us, in this shape, by every version so far.
  const document = (await new Response(stored).json()) as ActivityDocument;
  return new Response(await writeExport(document, format), { headers: fileHeaders });
}
