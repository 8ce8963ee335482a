// The far end of the way over: a connection stands for another account now, and the one that it came from hands on what it
// has and is left. Every step may be repeated, because the new account's object asks for it until it was done.

import type { Configuration } from "../kernel/configuration.ts";
import type { AccountName, ConnectionId } from "../kernel/ids.ts";
import { parseAccountName } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import { accountObject, type WorkContext } from "./context.ts";
import { endGrant } from "./end-grant.ts";
import type { Work } from "./messages.ts";

/** Takes the former account's place and its unfinished business over to `account`; its tokens stay there. */
export async function takeOverFrom(
  env: Env,
  change: {
    readonly account: AccountName;
    readonly former: AccountName;
    readonly connectionId: ConnectionId;
    readonly now: number;
  },
): Promise<void> {
  const { account, former, connectionId, now } = change;
  const left = await accountObject({ env }, former).leave({ connectionId, now });
  if (left.status !== "left") return;
  await accountObject({ env }, account).takeOver({ connectionId, handover: left.handover, now });
  await accountObject({ env }, former).handedOn({ connectionId });
}

/** As `takeOverFrom`, and ends the old grant. That it could not be revoked is no failure: the old service may be gone. */
export async function leaveFormerAccount(
  context: WorkContext,
  work: Extract<Work, { kind: "leave" }>,
): Promise<void> {
  const { former, connectionId } = work;
  const now = context.clock.now();
  await takeOverFrom(context.env, { account: context.account, former, connectionId, now });
  await letFormerGo(context.env, context.configuration, { former, connectionId, now });
}

/** Makes the former account let the connection go, if it has not, and ends its grant. Once more is no harm. */
export async function letFormerGo(
  env: Env,
  configuration: Configuration,
  change: { readonly former: AccountName; readonly connectionId: ConnectionId; readonly now: number },
): Promise<void> {
  const { former, connectionId, now } = change;
  const object = accountObject({ env }, former);
  const left = await object.leave({ connectionId, now });
  const tokens = left.status === "left" ? await object.takeParting({ connectionId }) : null;
  const provider = parseAccountName(former)?.provider;
  // A deployment may offer the old provider no longer; then there is nobody to tell.
  if (tokens === null || provider === undefined || !configuration.providers.includes(provider)) return;
  const isRevoked = await endGrant(configuration, { provider, connectionId, tokens }, now);
  log("info", "connection.left_former_account", {
    account: former,
    connectionId,
    reason: isRevoked ? "revoked" : "not_revoked",
  });
}
