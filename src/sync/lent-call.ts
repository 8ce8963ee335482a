// One call of the provider for somebody who waits for it: the account's object lends token and calls, with the priority of fresh
// data, so that the reserve counts for it too. A token that was refused is renewed once.

import type { ProviderError } from "../providers/errors.ts";
import type { CallContext, ProviderResult } from "../providers/port.ts";
import type { AccountSync } from "./account/account-sync.ts";

/** Why there is no answer of the provider's. */
export type NoAnswer =
  | { readonly kind: "rate_limited"; readonly until: number }
  | { readonly kind: "failed"; readonly error: ProviderError }
  /** The connection's user has to do something. */
  | { readonly kind: "not_active" };

export type LentRefusal = NoAnswer & { readonly ok: false };

/** Makes the call, under a permit of its own. `now` in epoch milliseconds. */
export async function callLent<Value>(
  object: DurableObjectStub<AccountSync>,
  call: (context: CallContext) => Promise<ProviderResult<Value>>,
  now: number,
): Promise<ProviderResult<Value> | LentRefusal> {
  const permit = await object.permit({ calls: 2, priority: "fresh", now });
  switch (permit.status) {
    case "permitted":
      break;
    case "no_budget":
      return { ok: false, kind: "rate_limited", until: permit.until };
    case "failed":
      return { ok: false, kind: "failed", error: permit.error };
    case "halted":
    case "unknown_account":
      return { ok: false, kind: "not_active" };
    default:
      throw new Error(permit satisfies never);
  }
  const settle = async (spent: number, answer: ProviderResult<Value>) => {
    const limitedUntil = !answer.ok && answer.error.code === "rate_limited" ? answer.error.retryAt : null;
    await object.settle({ report: { spent, rate: answer.rate, limitedUntil }, granted: permit.calls, now });
  };
  const answer = await call({ accessToken: permit.accessToken, now });
  if (answer.ok || answer.error.code !== "unauthorized" || permit.calls < 2) {
    await settle(1, answer);
    return answer;
  }
  const renewed = await object.renew({ rejectedToken: permit.accessToken, now });
  if (renewed.status === "renewed") {
    const second = await call({ accessToken: renewed.accessToken, now });
    await settle(2, second);
    return second;
  }
  await settle(1, answer);
  switch (renewed.status) {
    case "halted":
      return { ok: false, kind: "not_active" };
    case "waiting":
      return { ok: false, kind: "rate_limited", until: renewed.until };
    case "lost":
      return answer;
    default:
      return renewed satisfies never;
  }
}
