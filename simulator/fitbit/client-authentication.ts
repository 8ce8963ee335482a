// Who calls the token endpoint. A "server" application authenticates with Basic; a "client" application has no secret
// and sends client_id in the body without an Authorization header ("Authorization", dev.fitbit.com). Error texts observed.

import type { State } from "../state.ts";
import { fitbitError, visit } from "./errors.ts";

/** Null when the application is who it says; else the 401 to answer. */
export function refuseClient(state: State, request: Request, form: URLSearchParams): Response | null {
  const { clientId, clientSecret } = state.options.fitbit;
  const refuse = (message: string) => fitbitError(401, "invalid_client", `${message} ${visit}`);
  const header = request.headers.get("authorization");

  if (state.settings.applicationType === "client" && header === null) {
    if (form.get("client_id") === null) {
      return fitbitError(400, "invalid_request", `Missing parameters: client_id ${visit}`);
    }
    return form.get("client_id") === clientId ? null : refuse("Invalid client_id.");
  }
  const [id, secret] = readBasic(header) ?? [];
  if (id === undefined || secret === undefined) return refuse("Invalid authorization header format.");
  if (id !== clientId) return refuse("Invalid authorization header. Client id invalid.");
  if (secret !== clientSecret) return refuse("Invalid authorization header. Client secret invalid.");
  const inBody = form.get("client_id");
  // Clients exist that send Basic only, so client_id may be absent from the body; a different one is an error.
  if (inBody !== null && inBody !== clientId) return refuse("Invalid client_id.");
  return null;
}

function readBasic(header: string | null): [id: string, secret: string] | null {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return null;
  try {
    const pair = atob(encoded);
    const colon = pair.indexOf(":");
    if (colon < 0) return null;
    return [decodeURIComponent(pair.slice(0, colon)), decodeURIComponent(pair.slice(colon + 1))];
  } catch {
    return null;
  }
}
