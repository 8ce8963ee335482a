// The frame of every page that a user sees while connecting: plain HTML from the server, no script, nothing loaded from
// anywhere, never cached, never framed. `html` escapes every value that is put in.

import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

type Content = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface PageOptions {
  readonly title: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sources that a form of this page may lead to, its redirects included. None by default. */
  readonly formTargets?: readonly string[];
}

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0 auto; max-width: 40rem; padding: 2rem 1.25rem }
  h1 { font-size: 1.5rem; line-height: 1.25 }
  button, .button { font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .4rem; background: #00697a; color: #fff; cursor: pointer }
  button:focus-visible, a:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px }
  code { overflow-wrap: anywhere }
  table { border-collapse: collapse } td, th { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top }
`;

/** A whole page as an answer. */
export async function page(options: PageOptions, content: Content): Promise<Response> {
  const nonce = crypto.randomUUID();
  const document = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${options.title}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
<h1>${options.title}</h1>
${content}
</main>
</body>
</html>
`;
  const formAction = options.formTargets === undefined ? "'none'" : options.formTargets.join(" ");
  return new Response(String(document), {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      ...options.headers,
    },
  });
}
