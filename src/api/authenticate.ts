// API keys on `/v1`: who calls, and what they may do.

import { createMiddleware } from "hono/factory";
import { findApiKey } from "../kernel/api-keys.ts";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import type { ApiKey, ApiScope } from "../kernel/configuration.ts";
import { ProblemError } from "../kernel/problem.ts";

/** Refuses a request without a known key (401). Stands before every `/v1` route, those that do not exist included. */
export const authenticate = createMiddleware<AppEnvironment>(async (c, next) => {
  const given = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (given === undefined) throw unauthenticated("Send `Authorization: Bearer <api key>`.", "Bearer");
  const key = await findApiKey(c.var.configuration.apiKeys, given);
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

function unauthenticated(detail: string, challenge: string): ProblemError {
  return new ProblemError("unauthenticated", detail, { headers: { "www-authenticate": challenge } });
}
