// What kind of error an answer's body names. Three shapes occur: Fitbit's own `{errors: [{errorType}]}`, the OAuth
// standard's `{error: "…"}`, and Google's `{error: {code, status}}` from the edge (Fitbit reference §6 and §7); some answers are
// HTML or nothing. Only names from a closed list leave this file, because Fitbit echoes tokens in its messages.

import { z } from "zod";
import { tryParseJson } from "./json.ts";

/** The documented error types that this adapter tells apart. */
const errorTypes = [
  "expired_token",
  "invalid_token",
  "invalid_client",
  "invalid_grant",
  "invalid_request",
  "insufficient_scope",
  "insufficient_permissions",
] as const;

export type FitbitErrorType = (typeof errorTypes)[number];

const fitbitShape = z.object({ errors: z.array(z.object({ errorType: z.string() }).partial().catch({})) });
const standardShape = z.object({ error: z.string() });

/** The known error types that `body` names; empty for HTML, Google's shape, cut JSON and unknown types. */
export function errorTypesOf(body: string): ReadonlySet<FitbitErrorType> {
  const json = tryParseJson(body);
  const named = new Set<string | undefined>();
  const fitbit = fitbitShape.safeParse(json);
  if (fitbit.success) for (const entry of fitbit.data.errors) named.add(entry.errorType);
  const standard = standardShape.safeParse(json);
  if (standard.success) named.add(standard.data.error);
  return new Set(errorTypes.filter((type) => named.has(type)));
}
