// The user's profile, of which only the age is read: 220 − age is a usual maximum heart rate where nobody has measured one.

import { z } from "zod";
import type { CallContext, ProviderResult } from "../port.ts";
import { badResponse, callForJson, type FitbitApi, failed } from "./call.ts";

const profileShape = z.object({ user: z.object({ age: z.number().optional() }) });

/** The user's age in years, null where the profile has none that can be one. Needs the profile scope. One call. */
export async function fetchAge(api: FitbitApi, context: CallContext): Promise<ProviderResult<number | null>> {
  const answer = await callForJson(api, context, { path: "/1/user/-/profile.json" });
  if (!answer.ok) return failed(answer);
  const parsed = profileShape.safeParse(answer.json);
  if (!parsed.success) {
    return { ok: false, error: badResponse("The provider's profile cannot be read."), rate: answer.rate };
  }
  const age = parsed.data.user.age ?? null;
  return { ok: true, value: age !== null && age > 0 && age < 130 ? age : null, rate: answer.rate };
}
