// Connecting step by step, for tests that stop, steal or change something between two steps. A test that only needs a connection
// takes `World.connect`.

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { World } from "./world.ts";

export interface Connection {
  readonly id: string;
  readonly userId: string;
  readonly providerUserId: string;
  readonly status: string;
  readonly grantedScopes: readonly string[];
  readonly missingScopes: readonly string[];
  readonly connectedAt: string;
  readonly message: string | null;
}

/** The steps in one world, at its provider. */
export function connectFlow(world: World) {
  let users = 0;

  async function newLink(
    userId: string,
    more: Record<string, unknown> = {},
  ): Promise<{ url: string; expiresAt: string }> {
    return world.api("/v1/connect-links", {
      json: { userId, provider: world.provider, ...more },
      status: 201,
    });
  }

  return {
    newLink,

    newUser(): string {
      users += 1;
      return `${world.provider}-user-${users}`;
    },

    async connectionsOf(userId: string): Promise<Connection[]> {
      const { connections } = await world.api<{ connections: Connection[] }>(
        `/v1/connections?userId=${userId}`,
      );
      return connections;
    },

    /** Goes as far as the provider's page: answers the cookie and the address that the browser was sent to. */
    async begin(userId: string, more: Record<string, unknown> = {}) {
      const { url } = await newLink(userId, more);
      const response = await world.fetch(url, { method: "POST" });
      expect(response.status).toBe(303);
      return {
        response,
        cookie: cookieOf(response),
        authorize: new URL(response.headers.get("location") ?? ""),
      };
    },

    /** Answers the provider's consent page, with every box ticked; the callback's address. */
    async consentAt(authorize: URL, account: string): Promise<string> {
      const form = new URLSearchParams({ account, decision: "allow" });
      const page = await (await world.simulator.fetch(new Request(authorize))).text();
      for (const [tag] of page.matchAll(/<input type="hidden"[^>]*>/g)) {
        form.set(
          /name="([^"]*)"/.exec(tag)?.[1] ?? "",
          (/value="([^"]*)"/.exec(tag)?.[1] ?? "").replaceAll("&amp;", "&"),
        );
      }
      form.delete("scope");
      for (const scope of authorize.searchParams.get("scope")?.split(" ") ?? []) form.append("scope", scope);
      const decided = await world.simulator.fetch(
        new Request(authorize, { method: "POST", body: form, redirect: "manual" }),
      );
      return (decided.headers.get("location") ?? "").split("#")[0] ?? "";
    },
  };
}

/** The cookie that a response sets, as a browser sends it back. */
export function cookieOf(response: Response): string {
  return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

export async function rowsOf(table: string): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;
}
