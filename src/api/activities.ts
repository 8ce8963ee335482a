// `/v1/activities`: the feed, and one document. Both hand on what storage holds: a poll with nothing new is one indexed
// read, a document's gzip goes from R2 to the wire as it is.

import { createRoute, z } from "@hono/zod-openapi";
import { newestSequences, readFeed } from "../activities/feed.ts";
import { findActivityFiles } from "../activities/find-files.ts";
import { decodePageToken, encodePageToken } from "../activities/page-token.ts";
import { answerStoredObject } from "../activities/stored-answer.ts";
import { allDatabases } from "../db/databases.ts";
import { entityTag, isUnchanged, notModified } from "../kernel/conditional.ts";
import { asId, type UserId } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";
import { activitySchema, feedSchema } from "./activity-schema.ts";
import { requireScope } from "./authenticate.ts";
import { apiRouter, finished, problems } from "./router.ts";
import { limitInput, pageTokenInput, userIdInput } from "./schemas.ts";

const ifNoneMatch = z.object({
  "if-none-match": z.string().optional().openapi({ description: "`ETag` of an earlier answer." }),
});

const feedRoute = createRoute({
  method: "get",
  path: "/activities",
  summary: "The feed: every change of an activity, in order",
  description:
    "Follow `nextPageToken`: you miss nothing, and see each revision that still stands once. Keep the last token and ask again later; with `If-None-Match` nothing new is a 304. Scope `read`.",
  tags: ["Activities"],
  middleware: requireScope("read"),
  request: {
    headers: ifNoneMatch,
    query: z.object({
      userId: userIdInput.optional(),
      include: z
        .enum(["standardizedActivity"])
        .optional()
        .openapi({ description: "Embeds the documents: at most 10 a page and 8 MiB." }),
      limit: limitInput,
      pageToken: pageTokenInput,
    }),
  },
  responses: {
    200: {
      description: "The changes after the token",
      content: { "application/json": { schema: feedSchema } },
    },
    304: { description: "Nothing new" },
    ...problems("invalid_request", "invalid_page_token"),
  },
});

const documentRoute = createRoute({
  method: "get",
  path: "/activities/{id}",
  summary: "One activity with all its records",
  description: "At its newest revision that stands in the feed. Scope `read`.",
  tags: ["Activities"],
  middleware: requireScope("read"),
  request: { headers: ifNoneMatch, params: z.object({ id: z.string() }) },
  responses: {
    200: { description: "The document", content: { "application/json": { schema: activitySchema } } },
    304: { description: "Unchanged" },
    ...problems("not_found"),
  },
});

export const activityRoutes = apiRouter()
  .openapi(feedRoute, async (c) => {
    const query = c.req.valid("query");
    const userId = query.userId === undefined ? null : asId<UserId>(query.userId);
    const databases = allDatabases(c.env).length;
    const positions =
      query.pageToken === undefined ? [] : decodePageToken(query.pageToken, userId, databases);
    if (positions === null)
      throw badToken("The page token is malformed, or was made under another `userId`.");
    const newest = await newestSequences(c.env, userId);
    if (positions.some((position, index) => position > (newest[index] ?? 0))) {
      throw badToken("The page token is ahead of the feed.");
    }
    const tag = await entityTag([positions, query.limit, userId, query.include ?? null, newest]);
    const headers = { etag: tag, "cache-control": "private, no-cache" };
    if (isUnchanged(c.req.raw, tag)) return finished(notModified(headers));
    const page = await readFeed(c.env, {
      positions,
      newest,
      userId,
      limit: query.limit,
      withDocuments: query.include === "standardizedActivity",
    });
    const token = encodePageToken({ userId, positions: page.positions });
    const end = `],"nextPageToken":${JSON.stringify(token)},"hasMore":${page.hasMore}}`;
    const body = spliced([
      '{"changes":[',
      ...page.changes.flatMap((change, index) => (index === 0 ? change : [",", ...change])),
      end,
    ]);
    return finished(new Response(body, { headers: { ...headers, "content-type": "application/json" } }));
  })
  .openapi(documentRoute, async (c) => {
    const found = await findActivityFiles(c.env, c.req.valid("param").id);
    if (found === null) throw new ProblemError("not_found", "There is no activity with this id.");
    const stored = { key: found.documentKey, revision: found.revision, contentType: "application/json" };
    const answer = await answerStoredObject(c.req.raw, c.env.DOCUMENTS, stored);
    // Replaced or erased a moment ago: the next request sees what stands then.
    if (answer === null) throw new ProblemError("not_found", "There is no activity with this id.");
    return finished(answer);
  });

/** Text where all parts are text; else a stream, which lets go of each document as it is sent. */
function spliced(parts: (string | Uint8Array<ArrayBuffer>)[]): BodyInit {
  if (parts.every((part) => typeof part === "string")) return parts.join("");
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(typeof part === "string" ? encoder.encode(part) : part);
    },
  });
}

function badToken(detail: string): ProblemError {
  return new ProblemError("invalid_page_token", detail, { field: "query.pageToken" });
}
