// The token that every form of the portal carries (CSRF). It is an HMAC over the session's random id, so it is worth
// nothing in another session, and nothing has to be stored. SameSite cookies and the browser's own word about where a form
// comes from are checked as well; this one does not depend on the browser.

import type { Configuration } from "../kernel/configuration.ts";
import { isSameSecret } from "../kernel/constant-time.ts";
import type { Session } from "./session.ts";

/** The name of the hidden field. */
export const formTokenField = "formToken";

/** The token of a session, as hex. */
export async function formTokenOf(configuration: Configuration, session: Session): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(configuration.sessionSecret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(`form-token:${session.id}`));
  return [...new Uint8Array(signature)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether a form carries the session's own token. */
export async function isOwnForm(
  configuration: Configuration,
  session: Session,
  value: unknown,
): Promise<boolean> {
  return typeof value === "string" && (await isSameSecret(value, await formTokenOf(configuration, session)));
}
