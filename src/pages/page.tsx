// The frame of every page that people see: plain HTML from the server, one stylesheet of our own, nothing loaded from
// anywhere else, never cached, never framed. Values are escaped where they are put in, by JSX and by `html` alike.

import type { Child } from "hono/jsx";
import { contentSecurityPolicy, type PageSources } from "./content-security-policy.ts";

export interface PageOptions extends PageSources {
  readonly title: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stands above the title: where one is, and where one can go. */
  readonly navigation?: Child;
  /** Our own scripts, by path. A page without them works without JavaScript. */
  readonly scripts?: readonly string[];
  /** Stylesheets besides the common one, by path. */
  readonly stylesheets?: readonly string[];
  /** Seconds after which a browser without JavaScript asks for the page again. */
  readonly refreshSeconds?: number;
}

const commonStylesheet = "/assets/fitglue.css";

/** A whole page as an answer. */
export async function page(options: PageOptions, content: Child): Promise<Response> {
  const document = await (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        {options.refreshSeconds === undefined ? null : (
          <noscript>
            <meta http-equiv="refresh" content={`${options.refreshSeconds}`} />
          </noscript>
        )}
        <title>{options.title}</title>
        <link rel="icon" href="data:," />
        {[commonStylesheet, ...(options.stylesheets ?? [])].map((path) => (
          <link rel="stylesheet" href={path} />
        ))}
        {(options.scripts ?? []).map((path) => (
          <script type="module" src={path} />
        ))}
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        {options.navigation ?? null}
        <main id="content" tabindex={-1}>
          <h1>{options.title}</h1>
          {content}
        </main>
      </body>
    </html>
  );
  return new Response(`<!doctype html>\n${document}\n`, {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": contentSecurityPolicy(options),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      ...options.headers,
    },
  });
}
