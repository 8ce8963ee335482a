// How FitGlue polls: ask, handle, keep the token, ask again. Needs nothing but Node 24:
//   BASE_URL=http://127.0.0.1:8787 API_KEY=local-development-key node examples/poll.ts
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const { BASE_URL = "http://127.0.0.1:8787", API_KEY = "local-development-key" } = process.env;
const { TOKEN_FILE = "page-token", SECONDS = "10" } = process.env;

for (let etag = ""; ; ) {
  const url = new URL("/v1/activities", BASE_URL);
  if (existsSync(TOKEN_FILE)) url.searchParams.set("pageToken", readFileSync(TOKEN_FILE, "utf8"));
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${API_KEY}`, "if-none-match": etag },
  });
  if (!response.ok && response.status !== 304)
    throw new Error(`${response.status}: ${await response.text()}`);
  const page = response.status === 304 ? null : await response.json();
  for (const { change, activity } of page?.changes ?? []) {
    // An upsert replaces what you have under this id; its records are at /v1/activities/{id}. A delete removes it.
    console.log(change, activity.id, `revision ${activity.revision}`, activity.title ?? "");
  }
  // Only after the page is handled: a crash in between repeats the page and skips none.
  if (page !== null) writeFileSync(TOKEN_FILE, page.nextPageToken);
  etag = page?.changes.length > 0 ? "" : (response.headers.get("etag") ?? etag);
  if (!page?.hasMore) await new Promise((resolve) => setTimeout(resolve, Number(SECONDS) * 1000));
}
