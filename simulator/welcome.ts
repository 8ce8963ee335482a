// The page at `/`: tells a person what is running here and who has an account. Nothing depends on it.

import { html } from "hono/html";
import type { State } from "./state.ts";

export async function welcomePage(state: State): Promise<Response> {
  const accounts = [...state.accounts.values()].filter((account) => !account.deleted);
  const body = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Simulated Fitbit Web API and Google Health API</title>
      </head>
      <body>
        <h1>Simulated Fitbit Web API and Google Health API</h1>
        <p>
          The API answers at ${state.options.url}, consent pages at ${state.options.url}/oauth2/authorize, the control
          API under ${state.options.url}/sim. ${
            state.google
              ? html`The Google Health API answers at ${state.options.url}/v4, its consent pages at
                  ${state.options.url}/o/oauth2/v2/auth. `
              : ""
          }The simulated time is ${new Date(state.clock.now()).toISOString()}.
        </p>
        <h2>Accounts</h2>
        ${
          accounts.length === 0
            ? html`<p>None yet: POST /sim/users makes one.</p>`
            : html`<ul>
                ${accounts.map(
                  (account) =>
                    html`<li>
                      ${account.displayName} (${account.provider} ${account.providerUserId}), ${account.device.name},
                      ${account.timezone}, ${account.activities.size} activities
                    </li>`,
                )}
              </ul>`
        }
      </body>
    </html>`;
  return new Response(String(body), { headers: { "content-type": "text/html;charset=UTF-8" } });
}
