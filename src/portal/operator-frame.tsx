// The frame of the operator's pages: their own navigation and their own way out, so that nobody takes them for a user's.

import type { Child } from "hono/jsx";
import { type PageOptions, page } from "../pages/page.tsx";
import type { OperatorHandling } from "./environment.ts";
import { FormToken } from "./frame.tsx";

/** A page behind an operator's session. Its forms lead to this Worker. */
export function operatorPage(c: OperatorHandling, options: PageOptions, content: Child): Promise<Response> {
  const { session, formToken } = c.var;
  return page(
    {
      ...options,
      formTargets: ["'self'"],
      navigation: (
        <header class="bar">
          <span class="brand">FitGlue Fitbit source: operation</span>
          <nav aria-label="Pages">
            <ul>
              <li>
                <a
                  href="/portal/operator"
                  aria-current={options.title === overviewTitle ? "page" : undefined}
                >
                  Overview
                </a>
              </li>
              <li>
                <a href="/docs">API</a>
              </li>
            </ul>
          </nav>
          <form method="post" action="/portal/operator/sign-out">
            <span class="quiet">Key {session.keyName}</span>
            <FormToken value={formToken} />
            <button type="submit" class="plain">
              Sign out
            </button>
          </form>
        </header>
      ),
    },
    content,
  );
}

export const overviewTitle = "How the service is doing";

/** No such page of the operator's. */
export function operatorNotFoundPage(c: OperatorHandling): Promise<Response> {
  return operatorPage(
    c,
    { title: "There is nothing here", status: 404 },
    <p>
      The address is wrong. The <a href="/portal/operator">overview</a> leads to everything that there is.
    </p>,
  );
}
