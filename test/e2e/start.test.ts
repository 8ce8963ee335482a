// `npm start` as a person meets it: it says when it is ready, it ends with everything that it started, however it is ended,
// and what stands in its way is one sentence.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connect, createAccount, walk } from "../../scripts/demo/connecting.ts";
import { FormBrowser } from "../../scripts/demo/form-browser.ts";
import { HttpClient } from "../../scripts/demo/http-client.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { samplePersonName, sampleWorkouts } from "../../scripts/local/sample-person.ts";
import { projectDirectory } from "../../scripts/wrangler.ts";
import { Service, survivors } from "./service.ts";
import { ValidatedHttpClient } from "./validated-client.ts";

const running: Service[] = [];
const listeners: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
  for (const listener of listeners.splice(0)) listener.close();
});

async function start(options: Parameters<typeof Service.start>[0] = {}): Promise<Service> {
  const service = await Service.start(options);
  running.push(service);
  return service;
}

async function occupy(port: number): Promise<void> {
  const listener = createServer();
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
}

/** Opens a portal link and takes its one click; answers the page behind it. */
async function openPortal(link: string): Promise<string> {
  const browser = new FormBrowser();
  const page = await browser.open(link);
  const [form] = page.forms;
  if (form === undefined) throw new Error(`${page.status}: the link's page has no button.`);
  return (await browser.submit(page, form)).html;
}

async function connectionCount(service: Service): Promise<number> {
  const worker = await ValidatedHttpClient.open(service.url);
  return (await worker.get<{ connections: unknown[] }>("/v1/connections?userId=someone")).connections.length;
}

describe("npm start", () => {
  it("is ready within 30 seconds, ends with all it started, and starts again: empty, or as it was with --keep", async () => {
    const hadVariables = existsSync(join(projectDirectory, ".dev.vars"));
    const began = Date.now();
    const first = await start();
    expect(Date.now() - began).toBeLessThan(30_000);
    const home = await (await fetch(`${first.url}/`)).text();
    for (const title of ["Google Health", "Fitbit"]) {
      expect(home).toContain(`Connect ${title}`);
      expect(first.output).toContain(`"Connect ${title}"`);
    }
    expect((await fetch(first.simulatorUrl)).status).toBe(200);

    const poll = /curl -s '([^']+)' -H 'Authorization: (Bearer [^']+)'/.exec(first.output);
    const answer = await fetch(poll?.[1] ?? "", { headers: { authorization: poll?.[2] ?? "" } });
    expect(await answer.json()).toMatchObject({ changes: [], hasMore: false });

    // Its watch has synced before anybody connected: the consent pages offer somebody who has a history.
    const { users } = await new HttpClient(first.simulatorUrl).get<{
      users: { provider: string; displayName: string; activities: { synced: boolean }[] }[];
    }>("/sim/users");
    expect(users.map(({ provider, displayName }) => [provider, displayName])).toEqual([
      ["fitbit", samplePersonName],
      ["google-health", samplePersonName],
    ]);
    for (const { activities } of users) {
      expect(activities).toHaveLength(sampleWorkouts.length);
      expect(activities.every(({ synced }) => synced)).toBe(true);
    }

    const account = await createAccount(new HttpClient(first.simulatorUrl), "google-health");
    await connect(await ValidatedHttpClient.open(first.url), { userId: "someone", providerUserId: account });
    const afterCtrlC = first.descendants();
    expect(afterCtrlC.length).toBeGreaterThan(2);
    expect(await first.stop({ keepState: true })).toBe(0);
    expect(await survivors(afterCtrlC)).toEqual([]);

    const ports = { port: first.port, simulatorPort: first.simulatorPort };
    const kept = await start({ ...ports, args: ["--keep"] });
    expect(await connectionCount(kept)).toBe(1);
    const afterTerm = kept.descendants();
    expect(await kept.stop({ keepState: true, signal: "SIGTERM" })).toBe(0);
    expect(await survivors(afterTerm)).toEqual([]);

    const emptied = await start(ports);
    expect(await connectionCount(emptied)).toBe(0);
    const afterKill = emptied.descendants();
    emptied.process.kill("SIGKILL");
    expect(await survivors(afterKill)).toEqual([]);
    expect(existsSync(join(projectDirectory, ".dev.vars"))).toBe(hadVariables);
  });

  it.each(["google-health", "fitbit"] as const)(
    "prints the commands that connect a %s account and bring its next activity into the feed",
    async (provider) => {
      const service = await start();
      const api = await ValidatedHttpClient.open(service.url);
      const account = await createAccount(new HttpClient(service.simulatorUrl), provider);
      const linkCommands = service.output.match(/curl -s \S+\/v1\/connect-links[^\n]*\n[^\n]*/g) ?? [];
      const command = linkCommands.find((text) => text.includes(`"${provider}"`)) ?? "false";
      const answer = execFileSync("bash", ["-euc", command], { encoding: "utf8" });
      await walk((JSON.parse(answer) as { url: string }).url, account);
      const commands = /^Record [^\n]*\n([\s\S]*?)^Poll /m.exec(service.output)?.[1] ?? "";
      execFileSync("bash", ["-euc", commands], { timeout: 20_000 });
      const feed = async () =>
        (await api.get<{ changes: { activity: { title: string } }[] }>("/v1/activities")).changes;
      await expect.poll(feed, { timeout: 20_000 }).toMatchObject([{ activity: { title: "Run" } }]);
    },
  );

  it("prints a link that one click turns into the sample user's pages, and its first page has a button for another", async () => {
    const service = await start();
    const printed = /^Portal +open (\S+)\n +as sample-user/m.exec(service.output)?.[1] ?? "";
    expect(await openPortal(printed)).toContain("<h1>Connections</h1>");
    expect((await fetch(printed)).status).toBe(404);

    expect(await (await fetch(`${service.url}/`)).text()).toContain("Open the portal as sample-user");
    const led = await fetch(`${service.url}/dev/portal`, { method: "POST", redirect: "manual" });
    expect(led.status).toBe(303);
    const another = new URL(led.headers.get("location") ?? "", service.url).href;
    expect(await openPortal(another)).toContain("sample-user");
  });

  it("leaves no process behind when npm is killed, which forwards nothing", async () => {
    const service = await start({ throughNpm: true });
    const processes = service.descendants();
    expect(processes.length).toBeGreaterThan(3);
    service.process.kill("SIGKILL");
    expect(await survivors(processes)).toEqual([]);
  });

  it("ends while it is still starting, and leaves nothing behind", async () => {
    const service = await Service.launch();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const processes = service.descendants();
    await service.stop();
    expect(await survivors(processes)).toEqual([]);
    expect(service.output).not.toContain("ready");
  });

  it.each(["PORT", "SIM_PORT"] as const)(
    "says in one sentence that %s is in use, and starts nothing",
    async (name) => {
      const taken = await findFreePort();
      await occupy(taken);
      const service = await Service.launch(name === "PORT" ? { port: taken } : { simulatorPort: taken });
      expect(await service.ended).toBe(1);
      expect(service.output.trim()).toBe(
        `Port ${taken} is in use: end the program that listens there, or choose another port with ${name}=<port>.`,
      );
    },
  );

  it("says what is wrong with a port or an option that it does not know", async () => {
    const sameTwice = await findFreePort();
    const same = await Service.launch({ port: sameTwice, simulatorPort: sameTwice });
    expect(await same.ended).toBe(1);
    expect(same.output).toContain("they need a port each");
    const unknown = await Service.launch({ args: ["--everything"] });
    expect(await unknown.ended).toBe(1);
    expect(unknown.output).toContain("'--everything'");
  });
});
