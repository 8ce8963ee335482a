// API keys: who calls, and what they may do. A key is compared by its SHA-256 against every configured one in constant
// time, so that neither the number of keys nor a good guess shows.

import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import type { ApiKey, ApiScope } from "../kernel/configuration.ts";
import { sha256Hex } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";

/** Refuses a request without a known key (401). Stands before every `/v1` route, those that do not exist included. */
export const authenticate = createMiddleware<AppEnvironment>(async (c, next) => {
  const given = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (given === undefined) throw unauthenticated("Send `Authorization: Bearer <api key>`.", "Bearer");
  const key = findKey(c.var.configuration.apiKeys, await sha256Hex(given));
  if (key === null) throw unauthenticated("The API key is not known.", 'Bearer error="invalid_token"');
  c.set("apiKey", key);
  await next();
});

/** Refuses a key without `scope` (403). */
export function requireScope(scope: ApiScope) {
  return createMiddleware<AppEnvironment>(async (c, next) => {
    checkScope(c.var.apiKey, scope);
    await next();
  });
}

/** Throws unless the key has the scope; for a route whose scope depends on what is asked of it. */
export function checkScope(key: ApiKey, scope: ApiScope): void {
  if (key.scopes.includes(scope)) return;
  throw new ProblemError("insufficient_scope", `This needs an API key with the scope \`${scope}\`.`, {
    headers: { "www-authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

function findKey(keys: readonly ApiKey[], digest: string): ApiKey | null {
  const given = new TextEncoder().encode(digest);
  let found: ApiKey | null = null;
  for (const key of keys) {
    if (crypto.subtle.timingSafeEqual(given, new TextEncoder().encode(key.sha256))) found = key;
  }
  return found;
}

function unauthenticated(detail: string, challenge: string): ProblemError {
  return new ProblemError("unauthenticated", detail, { headers: { "www-authenticate": challenge } });
}
