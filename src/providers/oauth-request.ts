// How an adapter sends oauth4webapi's requests and reads their answers. The library checks good answers; what a refusal means
// is the adapter's, because providers differ there. One attempt each: repeating and single flight are the Durable Object's.

import * as oauth from "oauth4webapi";
import { readText } from "./http.ts";

/** Marks a failure of the network or the time limit, so that a mistake of ours is not taken for one. */
class NoAnswer extends Error {}

/** What is passed to oauth4webapi. Plain http is for a simulator on loopback; it refuses it everywhere else. */
export function requestOptions(
  endpoint: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) {
  return {
    headers: new Headers(headers),
    signal,
    [oauth.allowInsecureRequests]: isLoopbackHttp(endpoint),
    [oauth.customFetch]: async (url: string, init: RequestInit) => {
      try {
        return await fetch(url, init);
      } catch {
        throw new NoAnswer();
      }
    },
  };
}

/** The response, or null when there was none. */
export async function sendOAuth(send: () => Promise<Response>): Promise<Response | null> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof NoAnswer) return null;
    throw error;
  }
}

export type TokenAnswer =
  | { readonly kind: "json"; readonly text: string; readonly json: unknown }
  | { readonly kind: "refused"; readonly response: Response; readonly text: string }
  /** No answer, or not its end, or a page in place of it: tokens may have been issued. */
  | { readonly kind: "lost" };

/** Sends a token request and reads the answer to its end: half an answer may hide tokens that were already issued. */
export async function askForTokens(
  send: () => Promise<Response>,
  parse: (text: string) => unknown,
): Promise<TokenAnswer> {
  const response = await sendOAuth(send);
  if (response === null) return { kind: "lost" };
  const text = await readText(response);
  if (!response.ok) return { kind: "refused", response, text: text ?? "" };
  const json = text === null ? undefined : parse(text);
  return text === null || json === undefined ? { kind: "lost" } : { kind: "json", text, json };
}

/** Runs one of oauth4webapi's checks over an answer that is known to be JSON; null when it lacks what the protocol promises. */
export async function checkTokens(
  text: string,
  check: (response: Response) => Promise<oauth.TokenEndpointResponse>,
): Promise<oauth.TokenEndpointResponse | null> {
  try {
    return await check(new Response(text, { headers: { "content-type": "application/json" } }));
  } catch (error) {
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
      return null;
    }
    throw error;
  }
}

function isLoopbackHttp(address: string): boolean {
  const url = new URL(address);
  return url.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
}
