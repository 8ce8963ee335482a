// Conditional requests: entity tags, `If-None-Match`, and whether a client takes gzip. Tags are weak, because the same
// answer goes out gzipped and plain.

import { sha256Hex } from "./ids.ts";

/** A weak tag over everything that decides an answer. */
export async function entityTag(parts: readonly unknown[]): Promise<string> {
  return `W/"${(await sha256Hex(JSON.stringify(parts))).slice(0, 32)}"`;
}

/** Whether the client has this answer already (RFC 9110 §13.1.2: weak comparison). */
export function isUnchanged(request: Request, tag: string): boolean {
  const given = request.headers.get("if-none-match");
  if (given === null) return false;
  if (given.trim() === "*") return true;
  return given
    .split(",")
    .some((candidate) => candidate.trim().replace(/^W\//, "") === tag.replace(/^W\//, ""));
}

/** 304, with the headers that a 200 would have. */
export function notModified(headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { status: 304, headers });
}

/**
 * Whether gzip may be sent. A client that says nothing gets plain JSON: RFC 9110 would allow either, but such a client
 * rarely inflates. In front of a Worker the platform (and `wrangler dev`) writes a header of its own; what the client said
 * stands in `cf.clientAcceptEncoding`, empty if it said nothing.
 */
export function takesGzip(request: Request): boolean {
  const platform: unknown = request.cf;
  const said =
    typeof platform === "object" &&
    platform !== null &&
    "clientAcceptEncoding" in platform &&
    typeof platform.clientAcceptEncoding === "string"
      ? platform.clientAcceptEncoding
      : (request.headers.get("accept-encoding") ?? "");
  for (const entry of said.toLowerCase().split(",")) {
    const [coding, ...parameters] = entry.split(";").map((part) => part.trim());
    if (coding !== "gzip" && coding !== "*") continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    return weight === undefined || Number(weight.slice(2)) > 0;
  }
  return false;
}
