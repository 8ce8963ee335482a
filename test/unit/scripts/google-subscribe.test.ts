// The subscriber command against a Google on loopback that is a few maps in memory: it verifies the address as Google does, it
// believes only an assertion that the service account has signed, and it shows what was sent. No secret is ever printed.

import { execFile } from "node:child_process";
import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SubscribeEffects, SubscribeOptions } from "../../../scripts/google/settings.ts";
import { subscribe } from "../../../scripts/google/subscribe.ts";
import { serve } from "../../../simulator/serve.ts";
import { createSimulator, type Simulator } from "../../../simulator/simulator.ts";
import { exampleSecretValues } from "../../../src/kernel/example-secrets.ts";

const now = Date.UTC(2026, 10, 21, 12);
const secret = "Bearer a-secret-for-the-webhook";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Google's token endpoint and subscribers, and the Worker that the subscriber leads to, on one port. */
class FakeGoogle {
  readonly received: Received[] = [];
  readonly subscribers = new Map<string, Record<string, unknown>>();
  /** Which of the two the documentation describes. */
  answersOperation = true;
  /** What the Worker believes; empty lets Google's verification fail. */
  workerSecrets: string[] = [secret];
  /** Answers the next call to the API in place of everything else. */
  next: { status: number; body: unknown } | null = null;
  pageSize = 1000;
  readonly #server: Server;
  url = "";

  constructor() {
    this.#server = createServer(async (request, response) => {
      const { status, body } = await this.#answer(request, await readAll(request));
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }

  get apiCalls(): Received[] {
    return this.received.filter((call) => call.path.startsWith("/v4/"));
  }

  async #answer(request: IncomingMessage, body: string): Promise<{ status: number; body: unknown }> {
    const url = new URL(request.url ?? "/", this.url);
    if (url.pathname === "/webhooks/google-health") {
      const given = request.headers.authorization ?? "";
      return { status: this.workerSecrets.includes(given) ? 201 : 401, body: {} };
    }
    this.received.push({ method: request.method ?? "", path: url.pathname + url.search, body });
    if (url.pathname === "/token") return this.#token(new URLSearchParams(body));
    if (request.headers.authorization !== "Bearer token-of-the-account")
      return refused(401, "UNAUTHENTICATED");
    if (this.next !== null) {
      const answer = this.next;
      this.next = null;
      return answer;
    }
    const id = url.pathname.split("/")[5] ?? url.searchParams.get("subscriberId") ?? "";
    switch (request.method) {
      case "GET":
        return this.#list(Number(url.searchParams.get("pageToken") ?? 0));
      case "POST":
        if (this.subscribers.has(id)) return refused(409, "ALREADY_EXISTS");
        return await this.#put(id, JSON.parse(body) as Record<string, unknown>);
      case "PATCH": {
        const known = this.subscribers.get(id);
        if (known === undefined) return refused(404, "NOT_FOUND");
        return await this.#put(id, { ...known, ...(JSON.parse(body) as Record<string, unknown>) });
      }
      default:
        return this.subscribers.delete(id) ? { status: 200, body: {} } : refused(404, "NOT_FOUND");
    }
  }

  #token(form: URLSearchParams): { status: number; body: unknown } {
    const [header = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
    const isGood =
      form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer" &&
      verify(
        "RSA-SHA256",
        Buffer.from(`${header}.${claims}`),
        publicKey,
        Buffer.from(signature, "base64url"),
      );
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
      alg: "RS256",
      typ: "JWT",
      kid: "key-1",
    });
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toEqual({
      iss: "robot@project.example",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: `${this.url}/token`,
      iat: now / 1000,
      exp: now / 1000 + 3600,
    });
    return isGood
      ? {
          status: 200,
          body: { access_token: "token-of-the-account", expires_in: 3599, token_type: "Bearer" },
        }
      : { status: 400, body: { error: "invalid_grant", error_description: "Invalid JWT Signature." } };
  }

  #list(from: number): { status: number; body: unknown } {
    const all = [...this.subscribers.values()].map(({ endpointAuthorization: _secret, ...shown }) => shown);
    const page = all.slice(from, from + this.pageSize);
    if (page.length === 0) return { status: 200, body: {} };
    const isLast = from + this.pageSize >= all.length;
    const nextPageToken = isLast ? {} : { nextPageToken: String(from + this.pageSize) };
    return { status: 200, body: { subscribers: page, ...nextPageToken, totalSize: all.length } };
  }

  /** Verifies the address in two requests, with the secret and without. */
  async #put(id: string, fields: Record<string, unknown>): Promise<{ status: number; body: unknown }> {
    const authorization = (fields.endpointAuthorization as { secret: string }).secret;
    const ask = async (headers: Record<string, string>) =>
      (await fetch(String(fields.endpointUri), { method: "POST", body: '{"type":"verification"}', headers }))
        .status;
    if ((await ask({ authorization })) !== 201 || (await ask({})) !== 401)
      return refused(400, "FAILED_PRECONDITION");
    const subscriber = { ...fields, name: `projects/1234567890/subscribers/${id}`, state: "ACTIVE" };
    this.subscribers.set(id, subscriber);
    const shown = { ...subscriber, endpointAuthorization: { secretSet: true } };
    const type = { "@type": "type.googleapis.com/google.devicesandservices.health.v4.Subscriber" };
    const operation = { name: "operations/1", done: true, response: { ...type, ...shown } };
    return { status: 200, body: this.answersOperation ? operation : shown };
  }
}

function refused(code: number, status: string) {
  return { status: code, body: { error: { code, status, message: `it was ${secret}` } } };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

const google = new FakeGoogle();
const printed: string[] = [];
const environment = new Map<string, string>();
const files = new Map<string, string>();

const effects: SubscribeEffects = {
  environment: (name) => environment.get(name),
  readFile: (path) => {
    const text = files.get(path);
    if (text === undefined) throw new Error("no such file");
    return text;
  },
  print: (text) => printed.push(text),
  now: () => now,
};

const keyFile = (changes: Record<string, unknown> = {}) =>
  JSON.stringify({
    type: "service_account",
    project_id: "a-project",
    private_key_id: "key-1",
    private_key: pem,
    client_email: "robot@project.example",
    token_uri: `${google.url}/token`,
    ...changes,
  });

async function run(command: string | undefined, changes: Partial<SubscribeOptions> = {}): Promise<void> {
  await subscribe(
    {
      command,
      project: "1234567890",
      id: command === "list" ? undefined : "prod-exercise",
      secretOnly: false,
      secretFile: undefined,
      key: "key.json",
      tokenUri: undefined,
      force: false,
      dryRun: false,
      ...changes,
    },
    effects,
  );
}

beforeAll(() => google.start());
afterAll(() => google.stop());
beforeEach(() => {
  google.received.length = 0;
  google.subscribers.clear();
  google.workerSecrets = [secret];
  google.answersOperation = true;
  google.next = null;
  google.pageSize = 1000;
  printed.length = 0;
  files.clear();
  files.set("key.json", keyFile());
  environment.clear();
  environment.set("PUBLIC_URL", google.url);
  environment.set("GOOGLE_HEALTH_API_URL", google.url);
  environment.set("GOOGLE_WEBHOOK_SECRETS", secret);
});

describe("a subscriber", () => {
  it.each([
    ["an Operation", true],
    ["the Subscriber itself", false],
  ])("is created for exercises of everybody, when Google answers %s", async (_name, answersOperation) => {
    google.answersOperation = answersOperation;
    await run("create");
    expect(google.apiCalls).toHaveLength(1);
    const [call] = google.apiCalls;
    expect(call).toMatchObject({
      method: "POST",
      path: "/v4/projects/1234567890/subscribers?subscriberId=prod-exercise",
    });
    expect(JSON.parse(call?.body ?? "")).toEqual({
      endpointUri: `${google.url}/webhooks/google-health`,
      subscriberConfigs: [{ dataTypes: ["exercise"], subscriptionCreatePolicy: "AUTOMATIC" }],
      endpointAuthorization: { secret },
    });
    expect(printed).toEqual([`prod-exercise  ACTIVE  ${google.url}/webhooks/google-health  exercise`]);
  });

  it("that Google has not finished is looked for in the list", async () => {
    google.next = { status: 200, body: { name: "operations/2", done: false } };
    await run("create");
    expect(printed.join()).toContain("`list` shows how prod-exercise stands");
  });

  it("is listed, over all pages", async () => {
    google.pageSize = 1;
    await run("list");
    await run("create");
    await run("create", { id: "staging-exercise" });
    printed.length = 0;
    await run("list");
    expect(printed.map((line) => line.split(" ")[0])).toEqual(["prod-exercise", "staging-exercise"]);
  });

  it("that is not there is said not to be", async () => {
    await run("list");
    expect(printed).toEqual(["Project 1234567890 has no subscriber."]);
  });

  it("is updated whole", async () => {
    await run("create");
    await run("update");
    const call = google.apiCalls[1];
    expect(call?.method).toBe("PATCH");
    expect(call?.path).toBe(
      "/v4/projects/1234567890/subscribers/prod-exercise?updateMask=endpointUri,subscriberConfigs,endpointAuthorization",
    );
    expect(Object.keys(JSON.parse(call?.body ?? "") as object)).toEqual([
      "endpointUri",
      "subscriberConfigs",
      "endpointAuthorization",
    ]);
  });

  it("gets a new secret while the Worker believes both: the first of the list is sent, and only the secret", async () => {
    await run("create");
    const fresh = "Bearer another-secret-for-it";
    google.workerSecrets = [fresh, secret];
    environment.set("GOOGLE_WEBHOOK_SECRETS", `${fresh}, ${secret}`);
    await run("update", { secretOnly: true });
    const call = google.apiCalls[1];
    expect(call?.path).toBe(
      "/v4/projects/1234567890/subscribers/prod-exercise?updateMask=endpointAuthorization",
    );
    expect(JSON.parse(call?.body ?? "")).toEqual({ endpointAuthorization: { secret: fresh } });
  });

  it.each([
    [false, "/v4/projects/1234567890/subscribers/prod-exercise"],
    [true, "/v4/projects/1234567890/subscribers/prod-exercise?force=true"],
  ])("is deleted (with --force: %s)", async (force, path) => {
    await run("create");
    await run("delete", { force });
    expect(google.apiCalls[1]).toMatchObject({ method: "DELETE", path });
    expect(google.subscribers.size).toBe(0);
  });
});

describe("a refusal says what to do", () => {
  it("when the id is taken: update", async () => {
    await run("create");
    await expect(run("create")).rejects.toThrow(/`update` changes it.*409 ALREADY_EXISTS/);
  });

  it("when the Worker is not there with that secret: deploy it first", async () => {
    google.workerSecrets = [];
    await expect(run("create")).rejects.toThrow(/must be deployed.*201.*401.*400 FAILED_PRECONDITION/);
    expect(google.subscribers.size).toBe(0);
  });

  it.each([
    ["create", 400, "INVALID_ARGUMENT", /project's number/],
    ["create", 401, "UNAUTHENTICATED", /did not accept/],
    ["create", 403, "PERMISSION_DENIED", /may not manage|not enabled/],
    ["update", 404, "NOT_FOUND", /`list` shows/],
    ["delete", 400, "FAILED_PRECONDITION", /--force/],
    ["list", 503, "UNAVAILABLE", /Try again/],
    ["list", 429, "RESOURCE_EXHAUSTED", /Google refused/],
  ])("when %s is answered %i %s", async (command, code, status, sentence) => {
    google.next = refused(code, status);
    await expect(run(command)).rejects.toThrow(sentence);
  });

  it.each([
    [9, /must be deployed/],
    [6, /`update` changes it/],
    [13, /Google refused/],
  ])("when an operation ends with the error %i", async (code, sentence) => {
    google.next = {
      status: 200,
      body: { name: "operations/1", done: true, error: { code, message: secret } },
    };
    await expect(run("create")).rejects.toThrow(sentence);
  });

  it("when a page of HTML comes, or a redirect, which is not followed", async () => {
    google.next = { status: 302, body: "<html>" };
    await expect(run("list")).rejects.toThrow(/Google refused\. \(Google answered 302/);
  });

  it("when the token endpoint refuses the account", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    files.set(
      "key.json",
      keyFile({ private_key: other.export({ type: "pkcs8", format: "pem" }).toString() }),
    );
    await expect(run("list")).rejects.toThrow(/refused the service account \(400, invalid_grant\)/);
    expect(google.apiCalls).toHaveLength(0);
  });

  it("when nobody answers", async () => {
    environment.set("GOOGLE_HEALTH_API_URL", "http://127.0.0.1:9");
    await expect(run("list")).rejects.toThrow(/127\.0\.0\.1:9 did not answer/);
  });
});

describe("nothing is asked of Google", () => {
  const file = (changes: Record<string, unknown>) => () => void files.set("key.json", keyFile(changes));
  const set = (name: string, value: string) => () => void environment.set(name, value);
  const unset = (name: string) => () => void environment.delete(name);
  it.each<[string, () => void, Partial<SubscribeOptions>, RegExp]>([
    ["no command is given", () => {}, { command: undefined }, /Say `list`/],
    ["the command is unknown", () => {}, { command: "rotate" }, /Say `list`/],
    ["the project is missing", () => {}, { project: undefined }, /project's number is missing/],
    [
      "the project is an id",
      () => {},
      { project: "my-project" },
      /"my-project" is not a project number.*gcloud/,
    ],
    ["the project is an id of digits and letters", () => {}, { project: "123-abc" }, /not a project number/],
    ["the id is missing", () => {}, { id: undefined }, /--id/],
    ["the id is too short", () => {}, { id: "abc" }, /--id/],
    ["the id is too long", () => {}, { id: "a".repeat(37) }, /--id/],
    ["the id begins with a digit", () => {}, { id: "1-prod" }, /--id/],
    ["the id ends with a hyphen", () => {}, { id: "prod-" }, /--id/],
    ["the id has capitals", () => {}, { id: "Prod-exercise" }, /--id/],
    ["the id is a path", () => {}, { id: "prod/../other" }, /--id/],
    ["PUBLIC_URL is missing", unset("PUBLIC_URL"), {}, /PUBLIC_URL is missing/],
    ["PUBLIC_URL is http elsewhere", set("PUBLIC_URL", "http://app.example"), {}, /not an https address/],
    [
      "the API's address is http elsewhere",
      set("GOOGLE_HEALTH_API_URL", "http://api.example"),
      {},
      /not an https/,
    ],
    ["the secret is missing", unset("GOOGLE_WEBHOOK_SECRETS"), {}, /secret is missing/],
    ["the secret has no scheme", set("GOOGLE_WEBHOOK_SECRETS", "a-secret-for-the-webhook"), {}, /`Bearer `/],
    ["the secret is short", set("GOOGLE_WEBHOOK_SECRETS", "Bearer short"), {}, /16 characters/],
    ["the secret file is not there", () => {}, { secretFile: "none" }, /none cannot be read/],
    ["the key file is not named", () => {}, { key: undefined }, /GOOGLE_APPLICATION_CREDENTIALS/],
    ["the key file is not there", () => {}, { key: "none.json" }, /none\.json cannot be read/],
    ["the key file is no JSON", () => void files.set("key.json", pem), {}, /not that of a service account/],
    ["the key file is a user's", file({ type: "authorized_user" }), {}, /not that of a service account/],
    ["the key file has no mail address", file({ client_email: undefined }), {}, /no `client_email`/],
    ["the key file's key is none", file({ private_key: "PRIVATE" }), {}, /not an RSA key/],
    ["the key file leads elsewhere", file({ token_uri: "http://tokens.example" }), {}, /`token_uri`/],
    ["--token-uri leads elsewhere", () => {}, { tokenUri: "http://tokens.example" }, /--token-uri/],
  ])("when %s", async (_name, prepare, changes, sentence) => {
    prepare();
    const error = await run("create", changes).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "SubscriberError", message: expect.stringMatching(sentence) });
    expect(google.received).toEqual([]);
  });

  it("when the secret is the one that the repository publishes, and the address is public", async () => {
    environment.set("PUBLIC_URL", "https://app.example");
    environment.set("GOOGLE_WEBHOOK_SECRETS", exampleSecretValues.GOOGLE_WEBHOOK_SECRETS);
    await expect(run("create")).rejects.toThrow(/publishes/);
    expect(google.received).toEqual([]);
  });

  it.each([
    ["list", "GET"],
    ["create", "POST"],
    ["update", "PATCH"],
    ["delete", "DELETE"],
  ])(
    "by %s --dry-run, which prints what would be sent, needs no key file and shows no secret",
    async (command, method) => {
      await run(command, { dryRun: true, key: undefined });
      expect(google.received).toEqual([]);
      expect(printed[0]).toMatch(new RegExp(`^${method} ${google.url}/v4/projects/1234567890/subscribers`));
      expect(printed.join("\n")).not.toContain("a-secret-for-the-webhook");
      if (command === "create") expect(printed[1]).toContain('"secret": "(not shown)"');
    },
  );
});

describe("what is told by file or environment", () => {
  it("is taken: secret, project, key file, token endpoint", async () => {
    files.set("secrets", `${secret}\n`);
    environment.delete("GOOGLE_WEBHOOK_SECRETS");
    environment.set("GOOGLE_PROJECT_NUMBER", "1234567890");
    environment.set("GOOGLE_APPLICATION_CREDENTIALS", "key.json");
    files.set("key.json", keyFile({ token_uri: "https://tokens.example" }));
    await run("create", {
      secretFile: "secrets",
      project: undefined,
      key: undefined,
      tokenUri: `${google.url}/token`,
    });
    expect(google.subscribers.size).toBe(1);
  });
});

describe("against the simulator", () => {
  it("creates a subscriber, lists it, changes its secret while the Worker believes both, and deletes it", async () => {
    const worker = { secrets: [secret] };
    let simulator: Simulator | null = null;
    const server = await serve(async (request) => {
      if (simulator === null) throw new Error("not started");
      return await simulator.fetch(request);
    }, 0);
    simulator = createSimulator({
      url: server.url,
      realNow: () => now,
      // The Worker, as far as the handshake asks it.
      deliver: async (request) => {
        const isKnown = worker.secrets.includes(request.headers.get("authorization") ?? "");
        return new Response(null, { status: isKnown ? 201 : 401 });
      },
      fitbit: {
        clientId: "client",
        clientSecret: "client-secret",
        subscriberUrl: `${server.url}/none`,
      },
      google: {
        clientId: "client",
        clientSecret: "client-secret",
        serviceAccount: {
          clientEmail: "robot@project.example",
          publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
        },
      },
    });
    try {
      environment.set("GOOGLE_HEALTH_API_URL", server.url);
      files.set("key.json", keyFile({ token_uri: `${server.url}/token` }));
      await run("create");
      await expect(run("create")).rejects.toThrow(/409 ALREADY_EXISTS/);
      const fresh = "Bearer another-secret-for-it";
      environment.set("GOOGLE_WEBHOOK_SECRETS", `${fresh},${secret}`);
      await expect(run("update", { secretOnly: true })).rejects.toThrow(/400 FAILED_PRECONDITION/);
      worker.secrets = [fresh, secret];
      await run("update", { secretOnly: true });
      worker.secrets = [fresh];
      await run("update");
      await run("list");
      await run("delete");
      await run("list");
      const line = `prod-exercise  ACTIVE  ${google.url}/webhooks/google-health  exercise`;
      expect(printed.slice(0, 4)).toEqual([line, line, line, line]);
      expect(printed.at(-1)).toBe("Project 1234567890 has no subscriber.");
    } finally {
      await server.close();
    }
  });
});

describe("no secret is printed", () => {
  it("neither in a line nor in an error, whatever Google answers", async () => {
    const said: string[] = [];
    const note = (thrown: unknown) => said.push(String(thrown));
    await run("create");
    await run("list");
    for (const code of [400, 401, 403, 404, 409, 429, 500]) {
      google.next = refused(code, "SOME_STATUS");
      await run("update").catch(note);
    }
    google.workerSecrets = [];
    await run("update").catch(note);
    expect(said).toHaveLength(8);
    const all = [...said, ...printed].join("\n");
    for (const hidden of ["a-secret-for-the-webhook", "token-of-the-account", "PRIVATE KEY"]) {
      expect(all).not.toContain(hidden);
    }
  });
});

describe("npm run google:subscribe", () => {
  const program = join(import.meta.dirname, "../../../scripts/google-subscribe.ts");
  const start = (args: readonly string[], variables: Record<string, string> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
      const env = { PATH: process.env.PATH, ...variables };
      execFile(process.execPath, [program, ...args], { env, timeout: 20_000 }, (error, stdout, stderr) => {
        done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      });
    });

  it("does what it is told and ends with 0", async () => {
    const folder = mkdtempSync(join(tmpdir(), "google-subscribe-"));
    try {
      const path = join(folder, "key.json");
      writeFileSync(path, keyFile());
      const { code, stdout } = await start(
        ["create", "--project", "1234567890", "--id", "prod-exercise", "--dry-run"],
        {
          PUBLIC_URL: "https://app.example",
          GOOGLE_WEBHOOK_SECRETS: secret,
          GOOGLE_APPLICATION_CREDENTIALS: path,
        },
      );
      expect(code).toBe(0);
      expect(stdout).toContain(
        "POST https://health.googleapis.com/v4/projects/1234567890/subscribers?subscriberId=prod-exercise",
      );
      expect(stdout).toContain('"endpointUri": "https://app.example/webhooks/google-health"');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["an unknown option", ["list", "--secrets", "x"]],
    ["an unknown command", ["rotate", "--project", "1"]],
    ["two commands", ["list", "delete"]],
  ])("says in a sentence what is wrong with %s and ends with 1", async (_name, args) => {
    const { code, stderr } = await start(args);
    expect(code).toBe(1);
    expect(stderr).not.toContain("    at ");
    expect(stderr.trim()).not.toBe("");
  });

  it("explains itself", async () => {
    const { code, stdout } = await start(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--dry-run");
  });
});
