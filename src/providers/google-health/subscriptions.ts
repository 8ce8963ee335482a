// Nothing is subscribed by user. One subscriber for the whole project, with the policy AUTOMATIC, covers everybody who consents
// and ends with their consent (Google Health reference §6.3, documented); an operator creates it once. So both are done already.

import type { ProviderResult } from "../port.ts";

/** No call is needed, before or after the subscriber exists. */
export async function subscribe(): Promise<ProviderResult<{ calls: number }>> {
  return { ok: true, value: { calls: 0 }, rate: null };
}

/** No call is needed: revoking the grant ends the pushes. */
export async function unsubscribe(): Promise<ProviderResult<{ calls: number }>> {
  return { ok: true, value: { calls: 0 }, rate: null };
}
