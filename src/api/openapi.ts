// The description of this API, generated from the route definitions: what `/openapi.json` answers and `/docs` shows
// (docs-page.ts).

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnvironment } from "../kernel/app-environment.ts";

export type Description = ReturnType<OpenAPIHono<AppEnvironment>["getOpenAPI31Document"]>;

/** The OpenAPI 3.1 document of everything registered with `app`. */
export function describeApi(app: OpenAPIHono<AppEnvironment>, publicUrl: string): Description {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "FitGlue Fitbit source",
      version: "1",
      description:
        "Turns a synced Fitbit device into complete activities. Poll the feed; every error is `application/problem+json` with a stable `code`.",
    },
    servers: [{ url: publicUrl }],
    security: [{ apiKey: [] }],
  });
}

/** Declares how one authenticates; called once when the app is put together. */
export function registerApiKey(app: OpenAPIHono<AppEnvironment>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", { type: "http", scheme: "bearer" });
}
