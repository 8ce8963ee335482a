// What every adapter needs of HTTP, whoever the provider is: a time limit, a body that may break off, a page for people in
// place of data, how long to wait. Nothing here knows a provider's words or makes an error of the closed set.

/** A signal that ends a call at its time limit, or earlier when the caller gives up. The body's reading is covered too. */
export function timeLimit(
  { timeoutMilliseconds }: { readonly timeoutMilliseconds: number },
  signal?: AbortSignal,
): AbortSignal {
  const limit = AbortSignal.timeout(timeoutMilliseconds);
  return signal === undefined ? limit : AbortSignal.any([limit, signal]);
}

/** The body as text, or null when the connection broke or the time limit passed before its end. */
export async function readText(response: Response): Promise<string | null> {
  try {
    return await response.text();
  } catch {
    return null;
  }
}

/** Whether an answer is a web page: a maintenance notice or an error of the edge, never an answer of an API. */
export function isWebPage(contentType: string | null, body: string): boolean {
  if (contentType?.toLowerCase().includes("text/html") === true) return true;
  return /^\s*<(!doctype html|html)\b/i.test(body);
}

/** Seconds that `Retry-After` asks for, in either of its forms; null when it is missing, past or nonsense. */
export function retryAfterSeconds(headers: Headers, now: number): number | null {
  const text = headers.get("retry-after");
  const seconds = wholeNumber(text);
  if (seconds !== null) return seconds;
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) || time < now ? null : Math.ceil((time - now) / 1000);
}

/** A header's value as a whole number of at most nine digits, or null. */
export function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}

/** The length of the bytes that a body gives; null when it is not said, or when they were compressed on the way. */
export function contentLength(headers: Headers): number | null {
  if (headers.get("content-encoding") !== null) return null;
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
