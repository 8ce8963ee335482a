// What the `/v1` routers share: how input that breaks its schema is refused, which problems a route may answer with, and
// how a finished response passes through a route whose answer is described as JSON.

import { type Hook, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { type ProblemCode, ProblemError, problemCodes } from "../kernel/problem.ts";

/** A problem as every refusal carries it. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(problemCodes) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().optional(),
    field: z
      .string()
      .optional()
      .openapi({ description: "The input that was wrong: `query.limit`, `body.userId`." }),
    missing: z
      .array(z.string())
      .optional()
      .openapi({ description: "With `misconfigured`: the settings that are wrong." }),
  })
  .openapi("Problem");

const targets: Readonly<Record<string, string>> = {
  json: "body",
  param: "path",
  query: "query",
  header: "header",
};

const refuseInvalid: Hook<unknown, AppEnvironment, string, void> = (result) => {
  if (result.success) return;
  const issue = result.error.issues[0];
  const target = targets[result.target] ?? result.target;
  const path =
    issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
  const isMissing = issue?.code === "invalid_type" && issue.message.endsWith("received undefined");
  const detail = isMissing ? "It is required." : (issue?.message ?? "The input is not valid.");
  throw new ProblemError("invalid_request", detail, {
    field: [target, ...path].join("."),
  });
};

/** A router whose routes refuse invalid input with 400 `invalid_request` and the field. */
export function apiRouter(): OpenAPIHono<AppEnvironment> {
  return new OpenAPIHono<AppEnvironment>({ defaultHook: refuseInvalid });
}

type ProblemResponse = {
  description: string;
  content: { "application/problem+json": { schema: typeof problemSchema } };
};

const always = [
  "unauthenticated",
  "insufficient_scope",
  "too_large",
  "internal_error",
  "misconfigured",
] as const;

/** The refusals of a route for its description: those that every route has, and `codes`. */
export function problems(...codes: readonly ProblemCode[]): Record<number, ProblemResponse> {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...codes, ...always])) {
    const status = problemCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\``]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.join(", "), content: { "application/problem+json": { schema: problemSchema } } },
    ]),
  );
}

/** A response that was made outside of `c.json`: the route's type knows only JSON, the wire does not mind. */
export function finished(response: Response): never {
  return response as never;
}
