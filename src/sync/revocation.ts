// Destructive hints are hints (rule 10): a push that says that consent was withdrawn, or the account deleted, can be replayed
// by whoever has seen it once. It is believed only when the provider confirms it; if the provider cannot answer,
// syncing stops and nothing is erased.

import { log } from "../kernel/log.ts";
import type { Introspection, ProviderResult } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import { accountObject, type WorkContext } from "./context.ts";
import type { Work } from "./messages.ts";

const askAgainMilliseconds = 15 * 60_000;
const withdrawnMessage =
  "Access was withdrawn at the provider. Connect again to go on; what was synced is kept.";

type Finding = "active" | "withdrawn" | "unknown" | "gone";

/** Asks the provider whether the grant lives, and disconnects only if it says that it does not. */
export async function confirmRevocation(
  context: WorkContext,
  work: Extract<Work, { kind: "revocation" }>,
): Promise<void> {
  const stub = accountObject(context, context.account);
  const link = await stub.linked();
  if (link === null || work.receivedAt < link.connectedAt) {
    log("info", "revocation.ignored", {
      account: context.account,
      reason: link === null ? "unknown" : "old",
    });
    return;
  }
  const finding = await ask(context);
  const now = context.clock.now();
  log("info", "revocation.checked", { account: context.account, reason: finding });
  switch (finding) {
    case "active":
      await stub.setRevocationPending({ pending: false, now });
      return;
    case "withdrawn":
      await stub.unlink({
        connectionId: link.connectionId,
        // Its user may have reconnected while the provider was asked.
        connectedAt: link.connectedAt,
        message: withdrawnMessage,
        now,
      });
      return;
    case "unknown":
      await stub.setRevocationPending({ pending: true, now });
      await stub.schedule({ due: [{ at: now + askAgainMilliseconds, work }], now });
      return;
    case "gone":
      await stub.halt({ reason: "provider_gone", now });
      return;
    default:
      return finding satisfies never;
  }
}

/** Introspection first, then a refresh: only `active: false` or a final refusal of the refresh token counts. */
async function ask(context: WorkContext): Promise<Finding> {
  const stub = accountObject(context, context.account);
  const permit = await stub.permit({ calls: 1, priority: "fresh", now: context.clock.now() });
  switch (permit.status) {
    case "permitted":
      break;
    case "halted":
      // The refresh token was refused for good: that is the confirmation.
      return permit.reason === "needs_reauthorization" ? "withdrawn" : "gone";
    case "no_budget":
    case "failed":
    case "unknown_account":
      return "unknown";
    default:
      return permit satisfies never;
  }
  const provider = providerFor(context.configuration, permit.link.provider);
  const result: ProviderResult<Introspection> = await provider.introspect({
    accessToken: permit.accessToken,
    now: context.clock.now(),
  });
  await stub.settle({
    report: { spent: 1, rate: result.rate, limitedUntil: null },
    granted: permit.calls,
    now: context.clock.now(),
  });
  if (result.ok) return result.value.active ? "active" : "withdrawn";
  if (result.error.code === "provider_gone") return "gone";
  if (result.error.code !== "unauthorized") return "unknown";
  const renewed = await stub.renew({ rejectedToken: permit.accessToken, now: context.clock.now() });
  if (renewed.status === "renewed") return "active";
  return renewed.status === "halted" && renewed.reason === "needs_reauthorization" ? "withdrawn" : "unknown";
}
