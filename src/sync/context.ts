// What every consumer has at hand: bindings, configuration, and the time of this invocation.

import { readClockOffset } from "../kernel/clock.ts";
import { type Configuration, requireConfiguration } from "../kernel/configuration.ts";
import { type AccountName, parseAccountName } from "../kernel/ids.ts";
import { providerFor } from "../providers/registry.ts";
import type { Lease } from "./account/account-protocol.ts";
import type { AccountSync } from "./account/account-sync.ts";
import { priorityOf } from "./account/work-policy.ts";
import type { Work } from "./messages.ts";
import { type Clock, SyncSession } from "./session.ts";

export interface SyncContext {
  readonly env: Env;
  readonly configuration: Configuration;
  readonly clock: Clock;
}

/** What a piece of work is told about its delivery. */
export interface WorkContext extends SyncContext {
  readonly account: AccountName;
  readonly messageId: string;
  readonly attempt: number;
}

/** The context of one invocation. Throws when the configuration is not complete: nothing may run then. */
export async function openContext(env: Env): Promise<SyncContext> {
  const configuration = requireConfiguration(env);
  const offset = await readClockOffset(configuration);
  return { env, configuration, clock: { now: () => Date.now() + offset } };
}

/**
 * Whether this deployment speaks with the account's provider. An operator may take a provider that has ended out of
 * `PROVIDERS` while connections to it still wait for their users: nothing is done for those, and nothing fails for it.
 */
export function isOffered(context: { configuration: Configuration }, account: AccountName): boolean {
  const provider = parseAccountName(account)?.provider;
  return provider !== undefined && context.configuration.providers.includes(provider);
}

/** The account's object. */
export function accountObject(context: { env: Env }, account: AccountName): DurableObjectStub<AccountSync> {
  return context.env.ACCOUNT_SYNC.getByName(account);
}

/** The holder's side of a lease that was just granted. */
export function openSession(
  context: SyncContext,
  account: AccountName,
  lease: Lease,
  work: Work,
): SyncSession {
  const provider = providerFor(context.configuration, lease.link.provider);
  return new SyncSession(accountObject(context, account), provider, lease, context.clock, priorityOf(work));
}
