// How FitGlue polls: ask, handle, keep the token, ask again; what failed is asked again. Needs nothing but Node 20:
//   BASE_URL=http://127.0.0.1:8787 API_KEY=local-development-key node examples/poll.js
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const { BASE_URL = "http://127.0.0.1:8787", API_KEY = "local-development-key" } = process.env;
const { TOKEN_FILE = "page-token", SECONDS = "10" } = process.env;
let etag = "";

async function poll() {
  const url = new URL("/v1/activities", BASE_URL);
  if (existsSync(TOKEN_FILE)) url.searchParams.set("pageToken", readFileSync(TOKEN_FILE, "utf8"));
  const headers = { authorization: `Bearer ${API_KEY}`, "if-none-match": etag };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
  if (response.status >= 400) console.error(response.status, await response.text());
  if (response.status === 304 || response.status === 429 || response.status >= 500) return false;
  if (response.status >= 400) process.exit(1); // Asking again mends no refusal: a wrong key, a foreign token.
  const page = await response.json();
  for (const { change, activity } of page.changes)
    console.log(change, activity.id, `revision ${activity.revision}`, activity.title ?? "");
  writeFileSync(TOKEN_FILE, page.nextPageToken); // Only now: a crash before repeats the page and skips none.
  etag = page.changes.length > 0 ? "" : (response.headers.get("etag") ?? etag);
  return page.hasMore;
}

for (;;) {
  const hasMore = await poll().catch((error) => console.error(String(error)));
  if (!hasMore) await new Promise((resolve) => setTimeout(resolve, Number(SECONDS) * 1000));
}
