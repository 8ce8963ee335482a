// Tells the provider that a grant has ended: unsubscribes and revokes, once, within five seconds. What is ours has ended before,
// so a provider that does not answer stops nothing.

import type { Configuration } from "../kernel/configuration.ts";
import type { ConnectionId, ProviderName } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import type { ProviderError } from "../providers/errors.ts";
import type { TokenSet } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";

export interface EndedGrant {
  readonly provider: ProviderName;
  readonly connectionId: ConnectionId;
  readonly tokens: TokenSet;
}

const upstreamMilliseconds = 5_000;
/** Of these, unsubscribing gets the smaller part: revoking is what matters. */
const unsubscribeMilliseconds = 2_000;

/** True when the provider no longer lets us in. Never rejects. `now` in epoch milliseconds. */
export async function endGrant(
  configuration: Configuration,
  grant: EndedGrant,
  now: number,
): Promise<boolean> {
  const signal = AbortSignal.timeout(upstreamMilliseconds);
  // Raced as well as aborted: whoever disconnects does not wait for a call that fails to end at its signal.
  const outOfTime = new Promise<false>((resolve) => {
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  try {
    return await Promise.race([endAtProvider(configuration, grant, { now, signal }), outOfTime]);
  } catch (exception) {
    log("warn", "disconnect.not_revoked", {
      connectionId: grant.connectionId,
      ...describeException(exception),
    });
    return false;
  }
}

async function endAtProvider(
  configuration: Configuration,
  { provider: name, connectionId, tokens }: EndedGrant,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const provider = providerFor(configuration, name);
  // Unsubscribing comes first, because it needs the token that revoking ends. Its failure does not matter where revoking
  // works, since a revoked grant has no subscriptions (Fitbit reference §1.6, documented).
  const brief = AbortSignal.any([signal, AbortSignal.timeout(unsubscribeMilliseconds)]);
  const context = { accessToken: tokens.accessToken, now, signal: brief };
  const unsubscribed = await provider.unsubscribe(context, connectionId);
  if (!unsubscribed.ok) {
    log(levelOf(unsubscribed.error), "disconnect.not_unsubscribed", {
      connectionId,
      code: unsubscribed.error.code,
    });
  }
  const revoked = await provider.revoke({ token: tokens.refreshToken ?? tokens.accessToken, signal });
  if (!revoked.ok) {
    log(levelOf(revoked.error), "disconnect.not_revoked", { connectionId, code: revoked.error.code });
  }
  return revoked.ok;
}

/** A service that has ended holds no grant any more: nobody has to do anything about it. */
function levelOf(error: ProviderError): "info" | "warn" {
  return error.code === "provider_gone" ? "info" : "warn";
}
