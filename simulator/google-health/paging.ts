// Pages: an opaque token that belongs to one question, a size that is cut to the type's largest without a word, and an end
// that is either no token, an empty one, or an answer that is `{}` (all three observed).

import { type Json, jsonResponse } from "../json.ts";
import { hash } from "../random.ts";
import { invalidArgument } from "./errors.ts";

export interface PageQuestion {
  offset: number;
  size: number;
  key: string;
}

/** Reads pageSize and pageToken; `key` is everything else that was asked for, which a token belongs to. */
export function readPage(
  query: URLSearchParams,
  key: string,
  sizes: { usual: number; largest: number },
): PageQuestion | Response {
  const asked = query.get("pageSize") ?? "";
  if (!/^\d{0,9}$/.test(asked)) {
    return invalidArgument("INVALID_PAGE_SIZE", "The page size must not be negative.");
  }
  const size = Math.min(Number(asked) || sizes.usual, sizes.largest);
  const own = String(hash(key));
  const token = query.get("pageToken") ?? "";
  if (token === "") return { offset: 0, size, key: own };
  const offset = offsetOf(token, own);
  return offset === null
    ? invalidArgument("INVALID_PAGE_TOKEN", "The page token is invalid.")
    : { offset, size, key: own };
}

/** A token for the page that starts at `offset`. */
export function pageToken(question: PageQuestion, offset: number): string {
  return btoa(`v1 ${question.key} ${offset}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function offsetOf(token: string, key: string): number | null {
  try {
    const [version, own, offset] = atob(token.replaceAll("-", "+").replaceAll("_", "/")).split(" ");
    return version === "v1" && own === key && /^\d+$/.test(offset ?? "") ? Number(offset) : null;
  } catch {
    return null;
  }
}

/** One page under `member`. `end` is what stands in the place of a token on the last page. */
export function pageAnswer(
  member: string,
  rows: readonly Json[],
  question: PageQuestion,
  next: number | null,
  end: "" | undefined,
): Response {
  if (rows.length === 0 && next === null) return jsonResponse(200, {});
  return jsonResponse(200, {
    [member]: rows,
    nextPageToken: next === null ? end : pageToken(question, next),
  });
}
