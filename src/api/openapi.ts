// The description of this API: `/openapi.json`, generated from the route definitions, and `/docs`, the same for people,
// rendered here. Neither loads anything from anywhere.

import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { html } from "hono/html";
import { page } from "../connect/page.ts";
import type { AppEnvironment } from "../kernel/app-environment.ts";

type Description = ReturnType<OpenAPIHono<AppEnvironment>["getOpenAPI31Document"]>;

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

/** What of the document the page shows; the rest is for machines. */
const shown = z.object({
  info: z.object({ title: z.string(), description: z.string() }),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        summary: z.string().optional(),
        description: z.string().optional(),
        parameters: z
          .array(
            z.object({
              name: z.string(),
              in: z.string(),
              required: z.boolean().optional(),
              description: z.string().optional(),
            }),
          )
          .optional(),
        responses: z.record(z.string(), z.object({ description: z.string() })),
      }),
    ),
  ),
});

/** The document as a page. */
export function docsPage(description: Description): Promise<Response> {
  const { info, paths } = shown.parse(JSON.parse(JSON.stringify(description)));
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return page(
    { title: info.title },
    html`<p>${info.description}</p>
<p>Send <code>Authorization: Bearer &lt;api key&gt;</code>. The machine-readable document is <a href="/openapi.json">/openapi.json</a>.</p>
${operations.map(
  ({ path, method, operation }) => html`<section>
<h2><code>${method} ${path}</code></h2>
<p><strong>${operation.summary ?? ""}</strong></p>
<p>${operation.description ?? ""}</p>
<table><tbody>
${(operation.parameters ?? []).map(
  (
    parameter,
  ) => html`<tr><td><code>${parameter.name}</code></td><td>${parameter.in}${parameter.required === true ? ", required" : ""}</td><td>${parameter.description ?? ""}</td></tr>
`,
)}${Object.entries(operation.responses).map(
  ([
    status,
    response,
  ]) => html`<tr><td><code>${status}</code></td><td>answer</td><td>${response.description}</td></tr>
`,
)}</tbody></table>
</section>
`,
)}`,
  );
}
