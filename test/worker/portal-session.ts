// A browser in the portal: it keeps cookies, follows nothing by itself, and sends with each form the token of the page that it
// saw last, as the page's own forms do.

import { expect } from "vitest";
import type { ProviderName } from "../../src/kernel/ids.ts";
import { type GrantScope, grantScopes } from "../../src/providers/port.ts";
import { scopeNames, type World, workerUrl } from "./world.ts";

/** What came back, read to its end. */
export interface PortalAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where it leads, as a path of the Worker where it is one; empty if it leads nowhere. */
  readonly location: string;
}

export interface PortalClient {
  /** The browser's cookies by name. A test may set, take or break one. */
  readonly cookies: Map<string, string>;
  /** The form token of the page seen last; empty before the first. */
  readonly formToken: () => string;
  get(path: string, headers?: Record<string, string>): Promise<PortalAnswer>;
  /** Sends a form as the page would: with its token, unless `fields` name another. */
  post(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Record<string, string>,
  ): Promise<PortalAnswer>;
  /** Goes from a Connect button to the provider, answers there, and comes back: the page that the user lands on. */
  connect(
    providerUserId: string,
    options?: { provider?: ProviderName; scopes?: readonly GrantScope[]; decision?: "allow" | "deny" },
  ): Promise<PortalAnswer>;
}

/** A link that opens the portal, as FitGlue gets it. */
export async function newPortalLink(world: World, userId: string): Promise<{ url: string; path: string }> {
  const { url } = await world.api<{ url: string }>("/v1/portal-links", { json: { userId }, status: 201 });
  return { url, path: new URL(url).pathname };
}

/** A browser that has opened the portal for this user. */
export async function openPortal(world: World, userId: string): Promise<PortalClient> {
  const { path } = await newPortalLink(world, userId);
  const portal = newBrowser(world);
  const opened = await portal.post(path);
  expect(opened.status, opened.text).toBe(303);
  return portal;
}

/** A browser that has been nowhere yet. */
export function newBrowser(world: World): PortalClient {
  const cookies = new Map<string, string>();
  let formToken = "";

  async function ask(path: string, init: RequestInit): Promise<PortalAnswer> {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) {
      headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await world.fetch(path, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) keep(cookies, cookie);
    const text = await response.text();
    formToken = /name="formToken" value="([^"]*)"/.exec(text)?.[1] ?? formToken;
    const location = (response.headers.get("location") ?? "").replace(workerUrl, "");
    return { status: response.status, headers: response.headers, text, location };
  }

  const portal: PortalClient = {
    cookies,
    formToken: () => formToken,
    get: (path, headers = {}) => ask(path, { headers }),
    async post(path, fields = {}, headers = {}) {
      if (formToken === "" && cookies.size > 0) await portal.get("/portal/connections");
      return await ask(path, {
        method: "POST",
        headers: { origin: "null", "sec-fetch-site": "same-origin", ...headers },
        body: new URLSearchParams({ ...(formToken === "" ? {} : { formToken }), ...fields }),
      });
    },
    async connect(providerUserId, options = {}) {
      const provider = options.provider ?? world.provider;
      const left = await portal.post("/portal/connect", { provider });
      expect(left.status, left.text).toBe(303);
      const consent = await answerConsent(world, left.location, providerUserId, { ...options, provider });
      const back = await portal.get(consent);
      return back.status === 303 ? await portal.get(back.location) : back;
    },
  };
  return portal;
}

/** Fills in the provider's consent page and answers where it sends the browser. */
async function answerConsent(
  world: World,
  address: string,
  providerUserId: string,
  options: { provider: ProviderName; scopes?: readonly GrantScope[]; decision?: "allow" | "deny" },
): Promise<string> {
  const page = await (await world.simulator.fetch(new Request(address))).text();
  const form = new URLSearchParams();
  for (const [tag] of page.matchAll(/<input type="hidden"[^>]*>/g)) {
    const [name, value] = [/name="([^"]*)"/, /value="([^"]*)"/].map((part) => part.exec(tag)?.[1] ?? "");
    form.set(name ?? "", (value ?? "").replaceAll("&amp;", "&"));
  }
  form.delete("scope");
  form.set("account", providerUserId);
  form.set("decision", options.decision ?? "allow");
  for (const scope of options.scopes ?? grantScopes) {
    form.append("scope", scopeNames[options.provider](scope));
  }
  const decided = await world.simulator.fetch(
    new Request(address, { method: "POST", body: form, redirect: "manual" }),
  );
  const location = decided.headers.get("location") ?? "";
  expect(location, await decided.text()).toContain("/callback");
  return location.split("#")[0] ?? "";
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(";");
  const name = pair.slice(0, pair.indexOf("="));
  const isOver = attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute));
  if (isOver) cookies.delete(name);
  else cookies.set(name, pair.slice(pair.indexOf("=") + 1));
}
