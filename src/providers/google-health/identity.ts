// Whose data a token opens. Google's token answer names no user, so a grant asks for the identity: the id that pushes and data
// points carry, and the Fitbit id that the same person had before, by which a connection is carried over. Nothing else may be
// done with that one (Google Health reference §2.5, documented).

import { z } from "zod";
import { asId, type ProviderUserId } from "../../kernel/ids.ts";
import type { CallContext, FormerAccount, ProviderResult } from "../port.ts";
import { badResponse, callForJson, failed, type GoogleHealthApi } from "./call.ts";
import { lenient } from "./json.ts";

/** Text, although it looks like a number: it exceeds 2^53 (observed). */
const identityShape = z.object({
  healthUserId: z.string().regex(/^[A-Za-z0-9-]{1,63}$/),
  // Absent or empty for a person who never had a Fitbit account (third-party).
  legacyUserId: lenient(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)),
});

export interface Identity {
  readonly providerUserId: ProviderUserId;
  readonly formerAccount: FormerAccount | null;
}

/**
 * Asks whose token it is. Any scope but `location` alone is enough; with that alone it is `scope_missing`. A Google account
 * without a Google Health profile is `account_not_linked`.
 */
export async function fetchIdentity(
  api: GoogleHealthApi,
  context: CallContext,
): Promise<ProviderResult<Identity>> {
  const answer = await callForJson(api, context, "/v4/users/me/identity");
  if (!answer.ok) return failed(answer);
  const parsed = identityShape.safeParse(answer.json);
  if (!parsed.success) {
    return failed({ error: badResponse("The provider's answer does not say whose account it is.") });
  }
  const { healthUserId, legacyUserId } = parsed.data;
  const formerAccount: FormerAccount | null =
    legacyUserId === undefined
      ? null
      : { provider: "fitbit", providerUserId: asId<ProviderUserId>(legacyUserId) };
  const value = { providerUserId: asId<ProviderUserId>(healthUserId), formerAccount };
  return { ok: true, value, rate: null };
}
