// The set-up of a deployment, against a Cloudflare account that is a few sets in memory: it may be run again at any time,
// it asks first, it shows a key once and puts no secret where another could read it.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { plannedCommands, type SetUpEffects, setUp } from "../../../scripts/deploy/set-up.ts";
import { placeholderDatabaseId, readResources } from "../../../scripts/deploy/settings-file.ts";
import { parseConfiguration } from "../../../src/kernel/configuration.ts";

const settingsFile = join(import.meta.dirname, "../../../wrangler.toml");

class FakeAccount {
  readonly databases = new Map<string, string>();
  readonly buckets = new Set<string>();
  readonly queues = new Set<string>();
  readonly secrets = new Map<string, string>();
  readonly commands: string[][] = [];
  readonly printed: string[] = [];
  readonly answers = new Map<string, string>();
  readonly environment = new Map<string, string>();
  settings = readFileSync(settingsFile, "utf8");
  failing: string | null = null;

  readonly effects: SetUpEffects = {
    run: async (args, input) => {
      this.commands.push([...args]);
      return this.run(args, input);
    },
    readSettings: () => this.settings,
    writeSettings: (toml) => {
      this.settings = toml;
    },
    ask: async (question) => this.answers.get(question.trim()) ?? null,
    environment: (name) => this.environment.get(name),
    print: (text) => this.printed.push(text),
  };

  run(args: readonly string[], input?: string): { exitCode: number; output: string } {
    const command = args.join(" ");
    const name = args.at(-1) ?? "";
    if (this.failing !== null && command.startsWith(this.failing))
      return { exitCode: 1, output: "Authentication error" };
    if (command === "d1 list --json") {
      const list = [...this.databases].map(([name, uuid]) => ({ name, uuid }));
      return { exitCode: 0, output: JSON.stringify(list) };
    }
    if (command.startsWith("d1 create")) this.databases.set(name, "7a3e6c1e-0000-4000-8000-1f6a3e6c1e42");
    if (command.startsWith("r2 bucket create"))
      return this.create(
        this.buckets,
        name,
        "The bucket you tried to create already exists, and you own it.",
      );
    if (command.startsWith("queues create"))
      return this.create(
        this.queues,
        name,
        `Queue name '${name}' is already taken. Please use a different name.`,
      );
    if (command.startsWith("secret list")) {
      if (this.secrets.size === 0)
        return { exitCode: 1, output: "This Worker does not exist on your account." };
      return { exitCode: 0, output: JSON.stringify([...this.secrets.keys()].map((name) => ({ name }))) };
    }
    if (command === "secret bulk") {
      for (const [name, value] of Object.entries(JSON.parse(input ?? "") as Record<string, string>)) {
        this.secrets.set(name, value);
      }
    }
    return { exitCode: 0, output: "" };
  }

  /** What a deployed Worker would make of the variables of wrangler.toml and the secrets that were put. */
  configuration(): ReturnType<typeof parseConfiguration> {
    const section = this.settings.slice(
      this.settings.indexOf("[vars]"),
      this.settings.indexOf("[[d1_databases]]"),
    );
    const variables = [...section.matchAll(/^([A-Z_]+) = "(.*)"$/gm)].map(
      ([, name = "", value = ""]) => [name, value] as const,
    );
    return parseConfiguration({ ...Object.fromEntries(variables), ...Object.fromEntries(this.secrets) });
  }

  create(names: Set<string>, name: string, refusal: string): { exitCode: number; output: string } {
    if (names.has(name)) return { exitCode: 1, output: refusal };
    names.add(name);
    return { exitCode: 0, output: "" };
  }
}

let account: FakeAccount;

beforeEach(() => {
  account = new FakeAccount();
  account.environment.set("PUBLIC_URL", "https://fitbit.example.org/");
  account.environment.set("FITBIT_CLIENT_ID", "23ABCD");
  account.environment.set("FITBIT_CLIENT_SECRET", "a-real-client-secret");
  account.environment.set("GOOGLE_CLIENT_ID", "1234-abc.apps.googleusercontent.com");
  account.environment.set("GOOGLE_CLIENT_SECRET", "another-real-client-secret");
});

const agreed = { dryRun: false, agreed: true };

describe("deploy:setup", () => {
  it("makes every resource that wrangler.toml names, and what it puts is a configuration that a public Worker accepts", async () => {
    await setUp(agreed, account.effects);

    const resources = readResources(account.settings);
    expect(resources.databaseId).not.toBe(placeholderDatabaseId);
    expect(resources.databaseId).toBe(account.databases.get(resources.databaseName));
    expect(account.buckets).toEqual(new Set([resources.bucketName]));
    expect([...account.queues].sort()).toEqual(resources.queueNames);
    expect(account.configuration()).toMatchObject({
      ok: true,
      configuration: {
        publicUrl: "https://fitbit.example.org",
        providers: ["google-health", "fitbit"],
        fitbit: { clientSecret: "a-real-client-secret" },
        googleHealth: { clientSecret: "another-real-client-secret" },
      },
    });
  });

  it.each([
    ["google-health", "FITBIT_"],
    ["fitbit", "GOOGLE_"],
  ])(
    "asks for nothing of a provider that is not offered: %s alone needs no %s secret",
    async (offered, foreign) => {
      account.settings = account.settings.replace(/^PROVIDERS = .*$/m, `PROVIDERS = "${offered}"`);
      for (const name of [...account.environment.keys()]) {
        if (name.startsWith(foreign)) account.environment.delete(name);
      }
      await setUp(agreed, account.effects);
      expect([...account.secrets.keys()].filter((name) => name.startsWith(foreign))).toEqual([]);
      expect(account.printed.join("\n")).not.toContain(foreign);
      expect(account.configuration()).toMatchObject({ ok: true, configuration: { providers: [offered] } });
    },
  );

  it("shows the secret of Google's pushes once, because the subscriber is made with it after the deployment", async () => {
    await setUp(agreed, account.effects);
    const secret = account.secrets.get("GOOGLE_WEBHOOK_SECRETS") ?? "none";
    expect(secret).toMatch(/^Bearer [\w-]{43}$/);
    const words = account.printed.at(-1);
    expect(words).toContain(secret);
    expect(words).toContain("https://fitbit.example.org/webhooks/google-health");
    expect(words).toContain("https://fitbit.example.org/oauth/google-health/callback");
    await setUp(agreed, account.effects);
    expect(account.printed.at(-1)).not.toContain(secret);
  });

  it("runs no command before somebody has agreed, and none in a dry run", async () => {
    await expect(setUp({ dryRun: false, agreed: false }, account.effects)).rejects.toThrow("--yes");
    account.answers.set("Go ahead? [y/N]", "n");
    await expect(setUp({ dryRun: false, agreed: false }, account.effects)).rejects.toThrow(
      "Nothing was changed",
    );
    await setUp({ dryRun: true, agreed: false }, account.effects);
    expect(account.commands).toEqual([]);
    for (const command of plannedCommands(account.settings)) {
      expect(account.printed.join("\n")).toContain(`wrangler ${command.join(" ")}`);
    }
  });

  it("gives exactly the commands that the dry run names", async () => {
    await setUp(agreed, account.effects);
    const planned = new Set(plannedCommands(account.settings).map((command) => command.join(" ")));
    expect(new Set(account.commands.map((command) => command.join(" ")))).toEqual(planned);
  });

  it("may be run again: nothing is made twice and no secret is replaced", async () => {
    await setUp(agreed, account.effects);
    const before = { settings: account.settings, secrets: new Map(account.secrets) };
    account.commands.length = 0;
    await setUp(agreed, account.effects);
    expect({ settings: account.settings, secrets: account.secrets }).toEqual(before);
    expect(account.commands.map((command) => command.join(" "))).not.toContain("secret bulk");
    expect(account.commands.some((command) => command.join(" ").startsWith("d1 create"))).toBe(false);
  });

  it("goes on where a run broke off", async () => {
    account.failing = "queues create";
    await expect(setUp(agreed, account.effects)).rejects.toThrow("Authentication error");
    account.failing = null;
    await setUp(agreed, account.effects);
    expect(account.queues.size).toBe(3);
    expect(account.secrets.size).toBe(9);
  });

  it("shows the API key once and stores only its hash", async () => {
    await setUp(agreed, account.effects);
    const key = /shown once[^\n]*\n\s+(\S+)/.exec(account.printed.join("\n"))?.[1] ?? "";
    const hash = createHash("sha256").update(key).digest("hex");
    expect(account.secrets.get("API_KEYS")).toContain(hash);
    expect(account.secrets.get("API_KEYS")).not.toContain(key);
    account.printed.length = 0;
    await setUp(agreed, account.effects);
    expect(account.printed.join("\n")).not.toContain("shown once");
  });

  it("never puts a secret onto a command line or prints one that was given", async () => {
    await setUp(agreed, account.effects);
    const visible = [...account.commands.flat(), ...account.printed].join("\n");
    expect(visible).not.toContain("a-real-client-secret");
    expect(visible).not.toContain("another-real-client-secret");
    expect(visible).not.toContain(account.secrets.get("SESSION_SECRET"));
    expect(visible).not.toContain(account.secrets.get("TOKEN_KEYS"));
  });

  it("says what is missing when nobody is there to ask", async () => {
    account.environment.delete("FITBIT_CLIENT_SECRET");
    await expect(setUp(agreed, account.effects)).rejects.toThrow(
      /FITBIT_CLIENT_SECRET is missing.* PROVIDERS/,
    );
    account.environment.set("PUBLIC_URL", "http://fitbit.example.org");
    await expect(setUp(agreed, account.effects)).rejects.toThrow("not an https address");
  });
});
