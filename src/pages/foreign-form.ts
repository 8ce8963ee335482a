// Forms that another website's page sends. SameSite cookies keep most of them out; this one holds without a cookie too.

import type { Context } from "hono";

/**
 * Whether another site's page sent this form. `Origin` is `null` from our own page, because of its referrer policy, so
 * the browser's own word counts first; where it is missing, a foreign origin still gives itself away.
 */
export function isForeignForm(c: Context, publicUrl: string): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  return origin !== undefined && origin !== "null" && origin !== publicUrl;
}
