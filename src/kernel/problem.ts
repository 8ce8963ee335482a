// Errors as other programs see them: RFC 9457 problem+json with a stable `code`, and the field where input was wrong.

/** Every `code` that an answer may carry. Adding one is fine; changing one is an issue of its own. */
export const problemCodes = {
  invalid_request: 400,
  invalid_page_token: 400,
  unauthenticated: 401,
  insufficient_scope: 403,
  not_found: 404,
  connection_not_active: 409,
  not_replayable: 409,
  window_too_large: 400,
  too_large: 413,
  rate_limited: 429,
  internal_error: 500,
  provider_failed: 502,
  misconfigured: 503,
  unavailable: 503,
} as const;

export type ProblemCode = keyof typeof problemCodes;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  /** Path of the wrong input: `query.limit`, `body.userId`. */
  readonly field?: string;
  /** Only with `misconfigured`. */
  readonly missing?: readonly string[];
}

/** A problem on its way out; the app turns it into the answer. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    extra: { field?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.problem = makeProblem(code, detail, extra.field === undefined ? {} : { field: extra.field });
    this.headers = extra.headers ?? {};
  }
}

const titles: Record<ProblemCode, string> = {
  invalid_request: "The request is not valid",
  invalid_page_token: "The page token is not valid here",
  unauthenticated: "An API key is needed",
  insufficient_scope: "The API key lacks a scope",
  not_found: "Nothing here",
  connection_not_active: "The connection is not active",
  not_replayable: "The message can no longer be read",
  window_too_large: "The window is too large",
  too_large: "The body is too large",
  rate_limited: "The account's call budget is spent",
  internal_error: "Something went wrong here",
  provider_failed: "The provider did not answer as it should",
  misconfigured: "The service is not configured",
  unavailable: "Not available right now",
};

export function makeProblem(
  code: ProblemCode,
  detail: string,
  extra: { field?: string; missing?: readonly string[] } = {},
): Problem {
  return { type: "about:blank", title: titles[code], status: problemCodes[code], code, detail, ...extra };
}

/** The answer that carries a problem. */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}
