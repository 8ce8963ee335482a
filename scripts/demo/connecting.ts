// Connects a FitGlue user to a simulated account the way a person does: the link, the page that asks, the provider's consent
// page, and back. Nothing is called that a browser could not call.

import type { ProviderName } from "../../src/kernel/ids.ts";
import { FormBrowser, type Page, type PageForm } from "./form-browser.ts";
import { DemoError, type HttpClient } from "./http-client.ts";

export interface Connected {
  readonly connectionId: string;
  readonly userId: string;
  readonly providerUserId: string;
  /** The page that asked for consent, without its query: it tells whose it was. */
  readonly consentUrl: string;
}

/** Makes an account with a wearable at a simulated provider, and answers its id there. `options` as simulator/README.md has them. */
export async function createAccount(
  simulator: HttpClient,
  provider: ProviderName,
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const answer = await simulator.post<{ providerUserId: string }>("/sim/users", { provider, ...options });
  return answer.providerUserId;
}

/**
 * Walks from a connect link to a connection.
 * @param request without `provider` the service chooses, as it does for FitGlue.
 * @throws DemoError that says which page was not as it should be.
 */
export async function connect(
  worker: HttpClient,
  request: { readonly userId: string; readonly providerUserId: string; readonly provider?: ProviderName },
): Promise<Connected> {
  const { userId, providerUserId, provider } = request;
  const link = await worker.post<{ url: string }>("/v1/connect-links", {
    userId,
    ...(provider === undefined ? {} : { provider }),
  });
  const { end, consentUrl } = await walk(link.url, providerUserId);

  const { connections } = await worker.get<{
    connections: { id: string; status: string; providerUserId: string }[];
  }>(`/v1/connections?userId=${encodeURIComponent(userId)}`);
  const connection = connections.find((candidate) => candidate.providerUserId === providerUserId);
  if (connection === undefined)
    throw new DemoError(`The user ${userId} has no connection after ${describe(end)}.`);
  if (connection.status !== "active") throw new DemoError(`The new connection is ${connection.status}.`);
  return { connectionId: connection.id, userId, providerUserId, consentUrl };
}

/**
 * Follows a connect link as a browser does, and allows everything with this account.
 * @throws DemoError that says which page was not as it should be.
 */
export async function walk(
  link: string,
  providerUserId: string,
): Promise<{ readonly end: Page; readonly consentUrl: string }> {
  const browser = new FormBrowser();
  const confirm = await browser.open(link);
  const consent = await browser.submit(confirm, onlyForm(confirm, "the page that asks whether to connect"));
  const form = onlyForm(consent, "the provider's consent page");
  const end = await browser.submit(consent, form, {
    account: providerUserId,
    scope: form.choices.get("scope") ?? [],
    decision: "allow",
  });
  if (end.status !== 200) throw new DemoError(`Connecting ended with ${describe(end)}.`);
  const { origin, pathname } = new URL(consent.url);
  return { end, consentUrl: `${origin}${pathname}` };
}

function onlyForm(page: Page, what: string): PageForm {
  const form = page.forms.find((candidate) => candidate.method === "POST");
  if (page.status !== 200 || form === undefined) {
    throw new DemoError(`${what} has no form to send: ${describe(page)}.`);
  }
  return form;
}

function describe(page: Page): string {
  const url = new URL(page.url);
  const text = page.html
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return `${page.status} at ${url.origin}${url.pathname}: ${text.slice(0, 300)}`;
}
