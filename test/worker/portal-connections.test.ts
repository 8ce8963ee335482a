// The Connections page as a user reads and uses it: each state in words, what each button does, and what comes back from the
// provider. What it says must be true of both providers.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { openPortal, type PortalAnswer, type PortalClient } from "./portal-session.ts";
import { grantRefused } from "./provider-answers.ts";
import { userWithRun } from "./user-with-runs.ts";
import { simulatorUrl, World } from "./world.ts";

const titles = { fitbit: "Fitbit", "google-health": "Google Health" } as const;
const consentPath = { fitbit: "/oauth2/authorize", "google-health": "/o/oauth2/v2/auth" } as const;
const limits = { fitbit: "of 150 this hour", "google-health": "of 300 this minute" } as const;
const other = { fitbit: "google-health", "google-health": "fitbit" } as const;

/** The page's own text without its markup, spaces folded. */
function wordsOf({ text }: PortalAnswer): string {
  return text
    .slice(text.indexOf("<main"))
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll(/\s+/g, " ");
}

async function connectionsPage(portal: PortalClient, query = ""): Promise<PortalAnswer> {
  const answer = await portal.get(`/portal/connections${query}`);
  expect(answer.status, answer.text).toBe(200);
  return answer;
}

/** The buttons that lead to a provider: their words and which one. */
function connectButtons({ text }: PortalAnswer): string[] {
  return [...text.matchAll(/name="provider" value="([^"]*)"[^>]*>([^<]*)</g)].map(
    ([, provider, label]) => `${label} → ${provider}`,
  );
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly provider: string;
  readonly providerUserId: string;
}

describe.each(providerNames)("at %s", (provider) => {
  // One world for each provider: its accounts are its own, and time only goes forward.
  const world = new World(33, provider);
  const title = titles[provider];
  let users = 0;
  const newUser = () => `${provider}-portal-${++users}`;
  afterEach(async () => {
    world.intercept = () => null;
    await world.faults();
  });

  async function connectionsOf(userId: string): Promise<Row[]> {
    return (await world.api<{ connections: Row[] }>(`/v1/connections?userId=${userId}`)).connections;
  }

  /** A user who has connected in the portal, and the page on which they came back. */
  async function connected(options: Parameters<PortalClient["connect"]>[1] = {}) {
    const userId = newUser();
    const providerUserId = await world.newAccount();
    const portal = await openPortal(world, userId);
    const page = await portal.connect(providerUserId, options);
    const [connection] = await connectionsOf(userId);
    return { userId, providerUserId, portal, page, connectionId: connection?.id ?? "" };
  }

  describe("connecting", () => {
    it("leads straight to the provider's consent, and back to a page that says it is connected", async () => {
      const userId = newUser();
      const portal = await openPortal(world, userId);
      const empty = await connectionsPage(portal);
      expect(wordsOf(empty)).toContain("Nothing is connected.");
      expect(connectButtons(empty).sort()).toEqual([
        "Connect Fitbit → fitbit",
        "Connect Google Health → google-health",
      ]);
      const left = await portal.post("/portal/connect", { provider });
      expect(left.status).toBe(303);
      expect(left.location).toMatch(new RegExp(`^${simulatorUrl}${consentPath[provider]}\\?`));
      const back = await portal.connect(await world.newAccount());
      expect(wordsOf(back)).toContain(
        `${title} is connected: new activities come by themselves from now on.`,
      );
      expect(back.text).toContain(`<p class="state good">Connected</p>`);
      expect(connectButtons(back)).toEqual([`Connect ${titles[other[provider]]} → ${other[provider]}`]);
    });

    it("that the user refuses leaves nothing, and says so", async () => {
      const { page, userId } = await connected({ decision: "deny" });
      expect(wordsOf(page)).toContain("Nothing was connected: you said no at the provider.");
      expect(await connectionsOf(userId)).toEqual([]);
    });

    it("names what was left out, what it costs, and offers to mend it", async () => {
      const { page, portal } = await connected({ scopes: ["activity"] });
      expect(wordsOf(page)).toMatch(/You left out: Heart rate, Location and GPS/);
      const later = await connectionsPage(portal);
      expect(wordsOf(later)).toContain("Heart rate : activities arrive without heart rate.");
      expect(wordsOf(later)).toContain("Location and GPS : activities arrive without a route.");
      expect(connectButtons(later)[0]).toBe(`Reconnect ${title} → ${provider}`);
    });

    it("to an account that another user has is refused, and theirs goes on", async () => {
      const first = await connected();
      const portal = await openPortal(world, newUser());
      const page = await portal.connect(first.providerUserId);
      expect(wordsOf(page)).toContain(`This ${title} account is taken`);
      const back = /href="([^"]*)">Back to FitGlue/.exec(page.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
      expect(wordsOf(await portal.get(back))).toContain("another FitGlue user has connected this account");
      expect((await connectionsOf(first.userId))[0]?.status).toBe("active");
    });

    it("keeps the name by which FitGlue introduced the user", async () => {
      const userId = newUser();
      const account = await world.newAccount();
      await world.consent(userId, account, { link: { displayName: "Ada Lovelace" } });
      const portal = await openPortal(world, userId);
      await portal.connect(account);
      const row = await env.DB.prepare("SELECT display_name FROM connections WHERE user_id = ?1")
        .bind(userId)
        .first();
      expect(row).toEqual({ display_name: "Ada Lovelace" });
    });

    it("a provider that there is not is nothing", async () => {
      const portal = await openPortal(world, newUser());
      for (const made of ["garmin", "", "__proto__"]) {
        expect((await portal.post("/portal/connect", { provider: made })).status).toBe(404);
      }
    });
  });

  describe("a connection", () => {
    it("shows when it heard and when it synced last, and the calls that are left, also after they are all there again", async () => {
      const { portal, providerUserId, userId } = await connected();
      await world.quiet();
      await world.record(providerUserId);
      await world.push(providerUserId);
      await world.untilFeed(userId, 1);
      await world.quiet();
      const page = wordsOf(await connectionsPage(portal));
      expect(page).toContain(`Account ${providerUserId}`);
      expect(page).toContain("Last notification just now");
      expect(page).toContain("Last sync just now");
      expect(page).toMatch(new RegExp(`Calls left \\d+ ${limits[provider]}, all again in`));
      await world.control("POST", "/sim/clock", { advanceSeconds: 3 * 3600 });
      const later = wordsOf(await connectionsPage(portal));
      expect(later).toContain("Last sync 3 hours ago");
      const [, all] = limits[provider].split(" ");
      expect(later).toContain(`Calls left ${all} ${limits[provider]} `);
    });

    it("says before the first sync that it has heard nothing yet", async () => {
      const { portal, connectionId } = await connected();
      await world.quiet();
      await env.DB.prepare(
        "UPDATE connections SET last_synced_at = NULL, last_notified_at = NULL, rate_limit = NULL WHERE id = ?1",
      )
        .bind(connectionId)
        .run();
      const page = wordsOf(await connectionsPage(portal));
      expect(page).toContain(
        "Last notification none yet Last sync none yet Calls left known after the first sync",
      );
    });

    it("whose grant has ended needs re-authorization, and one click mends it under the same id", async () => {
      const { portal, connectionId, providerUserId, userId } = await connected();
      await world.quiet();
      world.intercept = (request) =>
        new URL(request.url).pathname.endsWith(world.paths.token)
          ? Promise.resolve(grantRefused(provider))
          : null;
      await world.control("POST", "/sim/clock", { advanceSeconds: 9 * 3600 });
      await portal.post(`/portal/connections/${connectionId}/sync`);
      await world.until(async () => {
        await world.pass(30, providerUserId);
        expect((await connectionsOf(userId))[0]?.status).toBe("needs_reauthorization");
      });
      world.intercept = () => null;
      const page = await connectionsPage(portal);
      expect(page.text).toContain(`<p class="state bad">Needs re-authorization</p>`);
      expect(wordsOf(page)).toContain("Last result Sync that you asked for");
      expect(connectButtons(page)[0]).toBe(`Reconnect ${title} → ${provider}`);
      expect(page.text).not.toContain("Sync now");
      const back = await portal.connect(providerUserId);
      expect(wordsOf(back)).toContain(`${title} is connected`);
      // What failed before is mended: it is no result of the connection as it stands.
      expect(wordsOf(back)).not.toContain("Last result Sync that you asked for");
      expect(await connectionsOf(userId)).toEqual([
        expect.objectContaining({ id: connectionId, status: "active" }),
      ]);
    });

    it("syncs now, once, however often the button is pressed before it begins", async () => {
      const { portal, connectionId } = await connected();
      await world.quiet();
      await env.DB.prepare("DELETE FROM sync_runs WHERE connection_id = ?1").bind(connectionId).run();
      const path = `/portal/connections/${connectionId}/sync`;
      const [first, second] = await Promise.all([portal.post(path), portal.post(path)]);
      expect([first.status, first.location]).toEqual([303, "/portal/connections?done=sync"]);
      expect(second.status).toBe(303);
      expect(wordsOf(await portal.get(first.location))).toContain("A sync has been asked for.");
      await world.until(async () => {
        const runs = await world.runs(connectionId);
        expect(runs.map(({ trigger, status }) => `${trigger} ${status}`)).toContain("manual succeeded");
      });
    });

    it("whose calls are used up says what its sync waits for, and goes on by itself", async () => {
      const { portal, connectionId, providerUserId } = await connected();
      await world.quiet(providerUserId);
      await world.faults({ fault: "429_without_headers", path: world.paths.list, providerUserId, count: 1 });
      await portal.post(`/portal/connections/${connectionId}/sync`);
      await world.until(async () => {
        expect(wordsOf(await connectionsPage(portal))).toContain(
          "Under way. The provider's call limit is used up; it goes on by itself.",
        );
      });
      await world.quiet(providerUserId);
      await world.pass(3700, providerUserId);
      await world.until(async () => {
        const words = wordsOf(await connectionsPage(portal));
        expect(words).not.toContain("Under way");
        expect(words).not.toContain("call limit");
      });
      expect(await world.runs(connectionId)).toMatchObject([
        { trigger: "manual", status: "succeeded", error: null },
      ]);
    });

    it("that waits to sync is asked once more without another run", async () => {
      const { portal, connectionId, userId } = await connected();
      await world.quiet();
      await env.DB.prepare(
        "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at) VALUES ('run_waits' || ?1, ?1, ?2, 'manual', 'queued', ?3)",
      )
        .bind(connectionId, userId, world.now())
        .run();
      const page = await connectionsPage(portal);
      expect(wordsOf(page)).toContain("Sync that you asked for , begun just now. Waiting for its turn.");
      expect(page.text).toContain("data-running");
      expect(page.text).toContain(`<meta http-equiv="refresh"`);
      await portal.post(`/portal/connections/${connectionId}/sync`);
      const runs = await world.runs(connectionId);
      expect(runs.filter(({ trigger }) => trigger === "manual")).toHaveLength(1);
    });

    it("imports history since a day, and says what came of it", async () => {
      const { portal, connectionId, providerUserId, userId } = await connected();
      await world.quiet();
      const startTime = new Date(world.now() - 10 * 86_400_000).toISOString().replace(/\.\d+/, "");
      await world.record(providerUserId, { startTime });
      await world.push(providerUserId);
      await world.quiet();
      expect(await world.feed(userId)).toEqual([]);
      const since = new Date(world.now() - 20 * 86_400_000).toISOString().slice(0, 10);
      const asked = await portal.post(`/portal/connections/${connectionId}/backfill`, { since });
      expect(asked.location).toBe("/portal/connections?done=backfill");
      expect(wordsOf(await portal.get(asked.location))).toContain("The import has been asked for.");
      await world.until(async () => {
        await world.pass(1, providerUserId);
        expect(wordsOf(await portal.get("/portal/connections"))).toMatch(
          /Last result Import of history, just now: 1 activity new\./,
        );
      });
      expect(await world.feed(userId)).toHaveLength(1);
    });

    it.each([
      ["no day", {}, "Choose the day that history begins with."],
      ["an empty day", { since: "" }, "Choose the day"],
      ["a day as people write it", { since: "1.2.2026" }, "Choose the day"],
      ["a day that there is not", { since: "2026-13-45" }, "Choose the day"],
      ["the 31st of a month that has 30", { since: "2026-02-31" }, "Choose the day"],
      ["a day to come", { since: "2099-01-01" }, "History lies in the past"],
      ["a year that was typed by half", { since: "0002-06-01" }, "choose a day since the year 2000"],
    ])("imports nothing since %s, and says why", async (_what, fields: Record<string, string>, sentence) => {
      const { portal, connectionId } = await connected();
      const answer = await portal.post(`/portal/connections/${connectionId}/backfill`, fields);
      expect(answer.status).toBe(400);
      expect(wordsOf(answer)).toContain(sentence);
      expect((await world.runs(connectionId)).filter(({ trigger }) => trigger === "backfill")).toEqual([]);
    });

    it("is disconnected after a question, and what came stays", async () => {
      const user = await userWithRun(world, newUser());
      const portal = await openPortal(world, user.userId);
      const path = `/portal/connections/${user.connectionId}/disconnect`;
      const question = await portal.get(path);
      expect(wordsOf(question)).toContain(`Disconnect: ${title}`);
      expect((await connectionsOf(user.userId))[0]?.status).toBe("active");
      const done = await portal.post(path);
      expect([done.status, done.location]).toEqual([303, "/portal/connections?done=disconnected"]);
      const page = await portal.get(done.location);
      expect(wordsOf(page)).toContain("Disconnected. What was synced stays until you erase it.");
      expect(wordsOf(page)).toMatch(new RegExp(`${title} ${user.providerUserId} Disconnected`));
      // A second click, and the question once more by the Back button: it is done, and nothing is asked.
      expect((await portal.post(path)).location).toBe("/portal/connections?done=disconnected");
      const questionAgain = await portal.get(path);
      expect([questionAgain.status, questionAgain.location]).toEqual([303, "/portal/connections"]);
      expect((await world.feed(user.userId)).map(({ change }) => change)).toEqual(["upsert"]);
      for (const action of ["sync", "backfill"]) {
        const refused = await portal.post(`/portal/connections/${user.connectionId}/${action}`, {
          since: "2026-01-01",
        });
        expect(refused.status, action).toBe(409);
      }
    });

    it("is erased only when its user says that they understand, and its activities are deleted then", async () => {
      const user = await userWithRun(world, newUser());
      const portal = await openPortal(world, user.userId);
      const path = `/portal/connections/${user.connectionId}/erase`;
      const unticked = await portal.post(path);
      expect(unticked.status).toBe(400);
      expect(wordsOf(unticked)).toContain("Nothing was erased: tick the box first.");
      expect((await world.feed(user.userId))[0]?.change).toBe("upsert");
      const done = await portal.post(path, { understood: "yes" });
      expect(done.location).toBe("/portal/connections?done=erased");
      expect(wordsOf(await portal.get(done.location))).toContain(
        "Your data of this connection is being erased",
      );
      expect((await world.feed(user.userId)).map(({ change }) => change)).toEqual(["delete"]);
      await world.until(async () => {
        expect(wordsOf(await connectionsPage(portal))).toContain("Disconnected, data erased");
      });
      for (const action of ["erase", "disconnect"]) {
        const address = `/portal/connections/${user.connectionId}/${action}`;
        expect((await portal.get(address)).location, action).toBe("/portal/connections");
        expect((await portal.post(address, { understood: "yes" })).location, action).toBe(
          "/portal/connections",
        );
      }
      expect((await connectionsPage(portal)).text).not.toContain(`href="${path}"`);
    });

    it("shows a name, an account and a message as text, whatever is in them", async () => {
      const { portal, connectionId, userId } = await connected();
      await world.quiet();
      const hostile = `"><script>alert('1')</script>`;
      await env.DB.prepare(
        "UPDATE connections SET message = ?2, display_name = ?2, provider_user_id = ?2 WHERE id = ?1",
      )
        .bind(connectionId, hostile)
        .run();
      await env.DB.prepare(
        "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at, error_message) VALUES ('run_h' || ?1, ?1, ?2, 'backfill', 'running', 1, ?3)",
      )
        .bind(connectionId, userId, hostile)
        .run();
      for (const status of ["active", "needs_reauthorization", "provider_gone", "disconnected"]) {
        await env.DB.prepare("UPDATE connections SET status = ?2 WHERE id = ?1")
          .bind(connectionId, status)
          .run();
        const { text } = await connectionsPage(portal);
        expect(text, status).not.toContain("<script>alert");
        expect(text, status).toContain("&lt;script&gt;");
      }
      expect((await portal.get(`/portal/connections/${connectionId}/erase`)).text).not.toContain(
        "<script>alert",
      );
    });
  });

  describe("an address that somebody made up", () => {
    it.each([
      "?done=hacked",
      "?done=__proto__",
      "?done=toString",
      "?status=hacked",
      "?status=constructor",
      "?status=connected",
      "?status=connected&connectionId=con_00000000000000000000000000",
      "?done=<script>alert(1)</script>",
    ])("says nothing: %s", async (query) => {
      const portal = await openPortal(world, "made-up-addresses");
      const { text } = await connectionsPage(portal, query);
      expect(text).not.toContain(`class="notice`);
      expect(text).not.toContain("alert(1)");
    });

    it("does not call somebody else's connection connected", async () => {
      const theirs = await connected();
      const portal = await openPortal(world, newUser());
      const { text } = await connectionsPage(portal, `?status=connected&connectionId=${theirs.connectionId}`);
      expect(text).not.toContain("is connected:");
    });
  });
});

describe("when Fitbit's old service has ended", () => {
  const world = new World(34);
  afterEach(() => world.faults());

  async function connectionsOf(userId: string): Promise<Row[]> {
    return (await world.api<{ connections: Row[] }>(`/v1/connections?userId=${userId}`)).connections;
  }

  it("its user reconnects with Google, under the same id and with every activity, and Fitbit is offered no more", async () => {
    const user = await userWithRun(world, "has-to-move");
    const portal = await openPortal(world, user.userId);
    await world.faults({ fault: "gone", provider: "fitbit" });
    await portal.post(`/portal/connections/${user.connectionId}/sync`);
    await world.until(async () => {
      expect((await connectionsOf(user.userId))[0]?.status).toBe("provider_gone");
    });
    const page = await connectionsPage(portal);
    expect(page.text).toContain(
      `<p class="state bad">Fitbit&#39;s old service has ended: reconnect with Google</p>`,
    );
    expect(wordsOf(page)).toMatch(
      /Last result Sync that you asked for, [^:]*: The provider has switched its service off\./,
    );
    // Once, beside what it mends, and not again as one more account.
    expect(connectButtons(page)).toEqual(["Reconnect with Google Health → google-health"]);
    const googleId = await world.newAccount({ provider: "google-health", legacyUserId: user.providerUserId });
    const back = await portal.connect(googleId, { provider: "google-health" });
    expect(wordsOf(back)).toContain("Google Health is connected");
    expect(await connectionsOf(user.userId)).toEqual([
      expect.objectContaining({
        id: user.connectionId,
        provider: "google-health",
        providerUserId: googleId,
        status: "active",
      }),
    ]);
    expect(connectButtons(await connectionsPage(portal))).toEqual([]);
    expect(await world.feed(user.userId)).toHaveLength(1);
    // Whoever sends the form all the same changes nothing: their activities come through the one connection.
    await world.faults();
    const again = await portal.connect(user.providerUserId, { provider: "fitbit" });
    expect(wordsOf(again)).toContain("Google Health is connected");
    expect(await connectionsOf(user.userId)).toHaveLength(1);
  });

  it("who connects it anew is told why that did not work", async () => {
    await world.faults({ fault: "gone", provider: "fitbit", path: world.paths.token });
    const portal = await openPortal(world, "too-late");
    const account = await world.newAccount();
    const page = await portal.connect(account, { provider: "fitbit" });
    expect(wordsOf(page)).toContain("Fitbit's old service has ended");
    expect(await connectionsOf("too-late")).toEqual([]);
  });
});

describe("consent that leaves activities out", () => {
  it.each(providerNames)(
    "at %s is told as such: nothing can come, and Reconnect mends it",
    async (provider) => {
      const world = new World(35, provider);
      const portal = await openPortal(world, `useless-${provider}`);
      const page = await portal.connect(await world.newAccount(), { scopes: ["heartrate", "location"] });
      expect(wordsOf(page)).toContain(
        `${titles[provider]} is connected, but you did not allow it to share activities, so none can come. Reconnect to change that.`,
      );
      expect(connectButtons(page)).toContain(`Reconnect ${titles[provider]} → ${provider}`);
    },
  );
});
