// Rules of Google's pages and of RFC 9700 that only the whole Worker can keep and that no other test tells: who is no account of
// Google Health's, and that a flow begun at one provider never ends at the other. Their rows are in test/conformance/README.md.

import { afterEach, describe, expect, it } from "vitest";
import type { ProviderName } from "../../src/kernel/ids.ts";
import { connectFlow } from "./connect-flow.ts";
import { World } from "./world.ts";

const world = new World(97, "google-health");
const { begin, connectionsOf, consentAt } = connectFlow(world);
afterEach(() => {
  world.intercept = () => null;
});

/** How many calls have reached a token endpoint of either provider. */
async function countTokenCalls(): Promise<number> {
  const { calls } = await world.control<{ calls: { path: string }[] }>("GET", "/sim/calls");
  return calls.filter(({ path }) => path.endsWith("/token")).length;
}

describe("a consent that opens no account", () => {
  it("is one for locations alone, which do not say whose they are", async () => {
    const response = await world.consent("nobody", await world.newAccount(), { scopes: ["location"] });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("Activity and exercise");
    expect(await connectionsOf("nobody")).toEqual([]);
  });

  it("is one of a Fitbit account that was never moved to Google, whose refusal is not repeated", async () => {
    const refusal = { code: 403, message: "Could not mint a token.", status: "PERMISSION_DENIED" };
    world.intercept = (request) =>
      new URL(request.url).pathname === "/v4/users/me/identity"
        ? Promise.resolve(Response.json({ error: refusal }, { status: 403 }))
        : null;
    const response = await world.consent("never-moved", await world.newAccount());
    expect(response.status).toBe(409);
    const text = await response.text();
    expect(text).toContain("moved to a Google account");
    expect(text).not.toContain("mint");
    expect(await connectionsOf("never-moved")).toEqual([]);
  });
});

describe("a flow ends where it began", () => {
  it.each<[ProviderName, ProviderName]>([
    ["google-health", "fitbit"],
    ["fitbit", "google-health"],
  ])("at %s: the address of %s refuses its state, spends it, and gives nobody the code", async (from, to) => {
    const user = `mixed-up-${from}`;
    const { cookie, authorize } = await begin(user, { provider: from });
    const state = encodeURIComponent(authorize.searchParams.get("state") ?? "");
    const before = await countTokenCalls();
    for (const provider of [to, from]) {
      const callback = `/oauth/${provider}/callback?code=stolen&state=${state}`;
      const response = await world.fetch(callback, { headers: { cookie } });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("This attempt to connect has ended");
    }
    expect(await countTokenCalls()).toBe(before);
    expect(await connectionsOf(user)).toEqual([]);
  });

  it("whatever else the provider sends along with state and code", async () => {
    const { cookie, authorize } = await begin("more-parameters");
    const callback = new URL(await consentAt(authorize, await world.newAccount()));
    callback.searchParams.set("iss", "https://accounts.google.com");
    callback.searchParams.set("scope", "openid");
    callback.searchParams.set("authuser", "0");
    callback.searchParams.set("prompt", "consent");
    const response = await world.fetch(callback.href, { headers: { cookie } });
    expect(response.status).toBe(200);
    expect(await connectionsOf("more-parameters")).toMatchObject([{ status: "active", missingScopes: [] }]);
  });

  it("has a challenge and a state that no other flow has", async () => {
    const flows = [await begin("two-flows"), await begin("two-flows")];
    for (const name of ["code_challenge", "state"]) {
      expect(new Set(flows.map(({ authorize }) => authorize.searchParams.get(name))).size).toBe(2);
    }
  });
});
