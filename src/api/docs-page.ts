// `/docs`: the OpenAPI document as a page for people, rendered here, without a script and without loading anything. It shows
// every operation with its parameters, its body and its answers, field by field; what a generator needs beyond that is in
// `/openapi.json`. Every text is escaped by `html`; of Markdown it knows `code` only.

import { z } from "@hono/zod-openapi";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { page } from "../pages/page.tsx";
import type { Description } from "./openapi.ts";

type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What of a JSON Schema the page shows. */
interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | string[] | undefined;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly enum?: unknown[] | undefined;
  readonly default?: unknown;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly properties?: Record<string, Schema> | undefined;
  readonly required?: string[] | undefined;
  readonly items?: Schema | undefined;
  readonly oneOf?: Schema[] | undefined;
  readonly anyOf?: Schema[] | undefined;
}

const schemaShape: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    default: z.unknown().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    maxLength: z.number().optional(),
    properties: z.record(z.string(), schemaShape).optional(),
    required: z.array(z.string()).optional(),
    items: schemaShape.optional(),
    oneOf: z.array(schemaShape).optional(),
    anyOf: z.array(schemaShape).optional(),
  }),
);

const contentShape = z.record(z.string(), z.object({ schema: schemaShape }));

const operationShape = z.object({
  summary: z.string().default(""),
  description: z.string().default(""),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().default(false),
        description: z.string().optional(),
        schema: schemaShape.default({}),
      }),
    )
    .default([]),
  requestBody: z.object({ content: contentShape }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: contentShape.default({}) })),
});
type Operation = z.infer<typeof operationShape>;

const shown = z.object({
  info: z.object({ title: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({ schemas: z.record(z.string(), schemaShape).default({}) }),
});
type Schemas = z.infer<typeof shown>["components"]["schemas"];

const problemMediaType = "application/problem+json";

/** The document as a page. */
export function docsPage(description: Description): Promise<Response> {
  const { info, paths, components } = shown.parse(JSON.parse(JSON.stringify(description)));
  const { schemas } = components;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      return { name, anchor: name.toLowerCase().replace(/[^a-z0-9]+/g, "-"), operation };
    }),
  );
  return page(
    { title: info.title },
    html`<p>${prose(info.description)}</p>
<p>Send <code>Authorization: Bearer &lt;api key&gt;</code>. The machine-readable document is <a href="/openapi.json">/openapi.json</a>.</p>
<ul>${operations.map(
      ({ name, anchor, operation }) =>
        html`<li><a href="#${anchor}"><code>${name}</code></a> ${prose(operation.summary)}</li>
`,
    )}</ul>
${operations.map(
  ({ name, anchor, operation }) => html`<section id="${anchor}">
<h2><code>${name}</code></h2>
<p><strong>${prose(operation.summary)}</strong></p>
<p>${prose(operation.description)}</p>
${parameterTable(name, operation)}${operation.requestBody === undefined ? "" : contentOutline("Body", operation.requestBody.content, schemas)}${answers(operation, schemas)}</section>
`,
)}<section id="problem">
<h2>Problems</h2>
<p>Every refusal is <code>${problemMediaType}</code> with these fields. Tell them apart by <code>code</code>.</p>
${outline(schemas.Problem ?? {}, schemas, [])}</section>`,
  );
}

/** Wider than a phone, so it scrolls by itself, by keyboard too. */
function parameterTable(name: string, operation: Operation): Markup | "" {
  if (operation.parameters.length === 0) return "";
  return html`<h3>Parameters</h3>
<div class="scroll" role="region" tabindex="0" aria-label="Parameters of ${name}"><table><thead><tr><th>name</th><th>in</th><th>type</th><th>needed</th><th>meaning</th></tr></thead><tbody>
${operation.parameters.map(
  (parameter) =>
    html`<tr><td><code>${parameter.name}</code></td><td>${parameter.in}</td><td>${typeText(parameter.schema)}</td><td>${parameter.required ? "required" : "optional"}</td><td>${prose(parameter.description ?? parameter.schema.description ?? "")}</td></tr>
`,
)}</tbody></table></div>
`;
}

/** Refusals are one line each: their fields are the same everywhere and stand at the end of the page. */
function answers(operation: Operation, schemas: Schemas): Markup {
  const all = Object.entries(operation.responses);
  const isRefusal = (content: z.infer<typeof contentShape>) => problemMediaType in content;
  return html`${all
    .filter(([, { content }]) => !isRefusal(content))
    .map(
      ([status, { description, content }]) => html`<h3>Answer <code>${status}</code></h3>
<p>${prose(description)}</p>
${Object.keys(content).length === 0 ? "" : contentOutline(null, content, schemas)}`,
    )}<h3>Refusals</h3>
<table><tbody>
${all
  .filter(([, { content }]) => isRefusal(content))
  .map(
    ([status, { description }]) =>
      html`<tr><td><a href="#problem"><code>${status}</code></a></td><td>${prose(description)}</td></tr>
`,
  )}</tbody></table>
`;
}

function contentOutline(
  title: string | null,
  content: z.infer<typeof contentShape>,
  schemas: Schemas,
): Markup {
  return html`${title === null ? "" : html`<h3>${title}</h3>\n`}${Object.entries(content).map(
    ([mediaType, { schema }]) => html`<p><code>${mediaType}</code></p>
${outline(schema, schemas, [])}`,
  )}`;
}

/**
 * The fields below a schema as nested lists; nothing for a plain value.
 * @param open names of the schemas that this one stands in: one of them is named and not opened again.
 */
function outline(schema: Schema, schemas: Schemas, open: readonly string[]): Markup | "" {
  if (schema.$ref !== undefined) {
    const name = schemaName(schema.$ref);
    const target = schemas[name];
    return target === undefined || open.includes(name) ? "" : outline(target, schemas, [...open, name]);
  }
  if (schema.items !== undefined) return outline(schema.items, schemas, open);
  const variants = (schema.oneOf ?? schema.anyOf ?? []).filter((variant) => hasFields(variant));
  if (variants.length > 0) {
    return html`<ul>${variants.map(
      (variant) => html`<li>${typeText(variant)}${outline(variant, schemas, open)}</li>
`,
    )}</ul>
`;
  }
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return "";
  const required = new Set(schema.required ?? []);
  return html`<ul>${fields.map(
    ([name, field]) =>
      html`<li><code>${name}</code> ${typeText(field)}${required.has(name) ? "" : ", optional"}${field.description === undefined ? "" : html`: ${prose(field.description)}`}${outline(field, schemas, open)}</li>
`,
  )}</ul>
`;
}

function hasFields(schema: Schema): boolean {
  return schema.$ref !== undefined || schema.properties !== undefined || schema.items !== undefined;
}

/** A type in words: `list of Connection`, `integer, 1 to 200, default 50`, `one of "a", "b"`. */
function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) return schemaName(schema.$ref);
  const types = [schema.type ?? []].flat();
  const parts: string[] = [];
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => JSON.stringify(value)).join(", ");
    parts.push(schema.enum.length === 1 ? values : `one of ${values}`);
    if (types.includes("null")) parts.push("or null");
  } else if (schema.items !== undefined) {
    parts.push(`list of ${typeText(schema.items)}`);
  } else if (schema.oneOf !== undefined || schema.anyOf !== undefined) {
    const variants = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].map((variant) => typeText(variant));
    parts.push([...new Set(variants)].join(" or "));
  } else {
    parts.push(types.join(" or ") || "any");
    if (schema.format !== undefined) parts.push(schema.format);
  }
  const { minimum, maximum, maxLength } = schema;
  // Whole numbers come with the bounds of a safe integer, which say nothing to a reader.
  const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? null : minimum;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? null : maximum;
  if (least !== null && most !== null) parts.push(`${least} to ${most}`);
  else if (least !== null) parts.push(`at least ${least}`);
  else if (most !== null) parts.push(`at most ${most}`);
  if (maxLength !== undefined) parts.push(`at most ${maxLength} characters`);
  if (schema.default !== undefined) parts.push(`default ${JSON.stringify(schema.default)}`);
  return parts.join(", ");
}

function schemaName(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** A text with what stands between backticks as code. */
function prose(text: string): Markup {
  const parts = text.split("`");
  return html`${parts.map((part, index) =>
    // A backtick without a partner is only a backtick.
    index % 2 === 0 ? part : index === parts.length - 1 ? `\`${part}` : html`<code>${part}</code>`,
  )}`;
}
