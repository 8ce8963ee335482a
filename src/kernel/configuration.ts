// Configuration, read once an isolate and checked as a whole: a Worker that misses a secret answers 503 and names it,
// it never runs with a check switched off. Nothing else in the project reads a text binding.

import { z } from "zod";
import { exampleSecretValues } from "./example-secrets.ts";
import { type ProviderName, providerNames } from "./ids.ts";

export const apiScopes = ["read", "connect", "erase", "operate"] as const;
export type ApiScope = (typeof apiScopes)[number];

export interface ApiKey {
  readonly name: string;
  /** Lower-case hex of the key's SHA-256. */
  readonly sha256: string;
  readonly scopes: readonly ApiScope[];
}

export interface TokenKey {
  readonly id: string;
  /** 32 bytes as base64. */
  readonly key: string;
}

export interface FitbitSettings {
  readonly apiUrl: string;
  readonly authorizeUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly verificationCode: string;
}

export interface GoogleHealthSettings {
  /** The API's origin, for example https://health.googleapis.com. */
  readonly apiUrl: string;
  /** The token endpoint's origin, for example https://oauth2.googleapis.com. */
  readonly oauthUrl: string;
  /** Where the public keys are that sign pushes. */
  readonly keysetUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What a push carries as `Authorization`, scheme included: old and new while one takes the other's place. */
  readonly webhookSecrets: readonly string[];
}

export interface MapTiles {
  /** With `{z}`, `{x}`, `{y}`, and where the server has them `{s}` (a, b or c) and `{r}` (`@2x`). */
  readonly urlTemplate: string;
  /** What a content security policy has to allow for it. */
  readonly imageSource: string;
  /** Whom the map is from, as plain text; empty for nobody. */
  readonly attribution: string;
}

export interface Configuration {
  /** Origin of this Worker, without a trailing slash. */
  readonly publicUrl: string;
  /** True when `publicUrl` is http on loopback: cookies go without `Secure`, and the simulator's clock counts. */
  readonly isLocal: boolean;
  readonly providers: readonly ProviderName[];
  readonly returnOrigins: readonly string[];
  readonly backfillDays: number;
  readonly settleMinutes: number;
  readonly apiKeys: readonly ApiKey[];
  /** The first encrypts; all decrypt. */
  readonly tokenKeys: readonly TokenKey[];
  readonly sessionSecret: string;
  readonly fitbit: FitbitSettings | null;
  readonly googleHealth: GoogleHealthSettings | null;
  /** Where a map's ground comes from; null draws the route on a plain one. */
  readonly mapTiles: MapTiles | null;
  /** Null unless local. */
  readonly simulatorUrl: string | null;
}

export type ConfigurationResult =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

export interface ConfigurationProblem {
  readonly name: string;
  /** Says what is wrong without repeating the value. */
  readonly reason: string;
}

/** Providers whose adapter exists. */
const builtProviders: readonly ProviderName[] = ["google-health", "fitbit"];

const apiKeysSchema = z
  .array(
    z.object({
      name: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      scopes: z.array(z.enum(apiScopes)).min(1),
    }),
  )
  .min(1);

const tokenKeysSchema = z
  .array(z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/), key: z.base64() }))
  .min(1)
  .refine((keys) => keys.every((entry) => decodedLength(entry.key) === 32), "each key is 32 bytes as base64")
  .refine((keys) => new Set(keys.map((entry) => entry.id)).size === keys.length, "ids are unique");

/** Reads and checks every text binding. Never throws; the problems carry no value. */
export function parseConfiguration(env: Partial<Record<string, unknown>>): ConfigurationResult {
  const problems: ConfigurationProblem[] = [];
  const fail = (name: string, reason: string) => problems.push({ name, reason });
  const text = (name: string): string => {
    const value = env[name];
    return typeof value === "string" ? value.trim() : "";
  };

  const publicUrl = parseUrl(text("PUBLIC_URL"));
  if (publicUrl === null) fail("PUBLIC_URL", "missing, or not an absolute URL");
  const isLocal = publicUrl !== null && publicUrl.protocol === "http:" && isLoopback(publicUrl.hostname);
  if (publicUrl !== null && !isLocal && publicUrl.protocol !== "https:") {
    fail("PUBLIC_URL", "must be https unless it is http on loopback");
  }

  const secret = (name: keyof typeof exampleSecretValues): string => {
    const value = text(name);
    if (value === "") fail(name, "missing or empty");
    else if (!isLocal && holdsExample(name, value))
      fail(name, "equals the example that the repository publishes");
    return value;
  };
  const json = <Value>(name: "API_KEYS" | "TOKEN_KEYS", schema: z.ZodType<Value>, empty: Value): Value => {
    const value = secret(name);
    if (value === "") return empty;
    const parsed = schema.safeParse(parseJson(value));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    fail(
      name,
      `not the JSON it should be: ${issue?.path.join(".") || "value"}: ${issue?.message ?? "invalid"}`,
    );
    return empty;
  };
  const address = (name: string): string => {
    const url = parseUrl(text(name));
    if (url === null || (url.protocol !== "https:" && !isLoopback(url.hostname))) {
      fail(name, "missing, or not an https address (http is for loopback)");
      return "";
    }
    return url.href.replace(/\/$/, "");
  };
  const count = (name: string, fallback: number, most: number): number => {
    const value = text(name) === "" ? fallback : Number(text(name));
    if (!Number.isInteger(value) || value < 0 || value > most) {
      fail(name, `a whole number from 0 to ${most}`);
    }
    return value;
  };

  const providers = parseProviders(text("PROVIDERS") || "google-health,fitbit", fail);
  const fitbit: FitbitSettings | null = providers.includes("fitbit")
    ? {
        apiUrl: address("FITBIT_API_URL"),
        authorizeUrl: address("FITBIT_AUTHORIZE_URL"),
        clientId: secret("FITBIT_CLIENT_ID"),
        clientSecret: secret("FITBIT_CLIENT_SECRET"),
        verificationCode: secret("FITBIT_VERIFICATION_CODE"),
      }
    : null;
  const googleHealth: GoogleHealthSettings | null = providers.includes("google-health")
    ? {
        apiUrl: address("GOOGLE_HEALTH_API_URL"),
        oauthUrl: address("GOOGLE_OAUTH_URL"),
        keysetUrl: address("GOOGLE_HEALTH_KEYSET_URL"),
        clientId: secret("GOOGLE_CLIENT_ID"),
        clientSecret: secret("GOOGLE_CLIENT_SECRET"),
        webhookSecrets: parseWebhookSecrets(secret("GOOGLE_WEBHOOK_SECRETS"), fail),
      }
    : null;
  const sessionSecret = secret("SESSION_SECRET");
  if (sessionSecret !== "" && sessionSecret.length < 32) fail("SESSION_SECRET", "at least 32 characters");
  const returnOrigins: string[] = [];
  for (const entry of text("RETURN_ORIGINS").split(",")) {
    if (entry.trim() === "") continue;
    const url = parseUrl(entry.trim());
    if (url === null || url.origin === "null" || (url.protocol !== "https:" && !isLoopback(url.hostname))) {
      fail("RETURN_ORIGINS", "a comma-separated list of https origins");
    } else returnOrigins.push(url.origin);
  }
  const simulatorUrl = isLocal ? parseUrl(text("SIMULATOR_URL")) : null;

  const configuration: Configuration = {
    publicUrl: publicUrl?.origin ?? "",
    isLocal,
    providers,
    returnOrigins,
    backfillDays: count("BACKFILL_DAYS", 0, 3650),
    settleMinutes: count("SETTLE_MINUTES", 15, 60),
    apiKeys: json<readonly ApiKey[]>("API_KEYS", apiKeysSchema, []),
    tokenKeys: json<readonly TokenKey[]>("TOKEN_KEYS", tokenKeysSchema, []),
    sessionSecret,
    fitbit,
    googleHealth,
    mapTiles: parseMapTiles(text("MAP_TILE_URL"), text("MAP_TILE_ATTRIBUTION"), fail),
    simulatorUrl: simulatorUrl !== null && isLoopback(simulatorUrl.hostname) ? simulatorUrl.origin : null,
  };
  return problems.length === 0 ? { ok: true, configuration } : { ok: false, problems };
}

const cache = new WeakMap<object, ConfigurationResult>();

/** As `parseConfiguration`, once for each `env` object. */
export function readConfiguration(env: object): ConfigurationResult {
  const known = cache.get(env);
  if (known !== undefined) return known;
  const result = parseConfiguration(env as Partial<Record<string, unknown>>);
  cache.set(env, result);
  return result;
}

/** The configuration, or an error that names what is missing: for queue, cron and Durable Object, which must not go on. */
export function requireConfiguration(env: object): Configuration {
  const result = readConfiguration(env);
  if (result.ok) return result.configuration;
  throw new Error(`misconfigured: ${result.problems.map((problem) => problem.name).join(", ")}`);
}

function parseProviders(value: string, fail: (name: string, reason: string) => void): ProviderName[] {
  const providers: ProviderName[] = [];
  for (const entry of value.split(",").map((name) => name.trim())) {
    const provider = providerNames.find((name) => name === entry);
    if (provider === undefined || !builtProviders.includes(provider)) {
      fail("PROVIDERS", `names of built providers: ${builtProviders.join(", ")}`);
    } else if (!providers.includes(provider)) providers.push(provider);
  }
  return providers;
}

/** A template that `URL` alone would take as anything: its host may begin with `{s}`, and nothing else in it may vary. */
function parseMapTiles(
  template: string,
  attribution: string,
  fail: (name: string, reason: string) => void,
): MapTiles | null {
  if (template === "") return null;
  const [, scheme = "", host = "", path = ""] = /^(https?:\/\/)([^/]*)(\/.*)$/.exec(template) ?? [];
  const firstHost = host.replace(/^\{s\}\./, "a.");
  // Nothing else goes into a content security policy.
  const url = /^[a-z0-9.:[\]-]+$/i.test(firstHost) ? parseUrl(`${scheme}${firstHost}`) : null;
  const placeholders: readonly string[] = path.match(/\{[^}]*\}?/g) ?? [];
  const isWhole =
    ["{z}", "{x}", "{y}"].every((name) => placeholders.includes(name)) &&
    placeholders.every((name) => ["{z}", "{x}", "{y}", "{r}", "{s}"].includes(name));
  if (url === null || !isWhole || (url.protocol !== "https:" && !isLoopback(url.hostname))) {
    fail("MAP_TILE_URL", "an https address (http is for loopback) with {z}, {x} and {y} in its path");
    return null;
  }
  const imageSource = host.startsWith("{s}.") ? `${url.protocol}//*.${url.host.slice(2)}` : url.origin;
  return { urlTemplate: template, imageSource, attribution };
}

/** Google sends the secret as the whole `Authorization` header and insists on a scheme in it (documented). */
function parseWebhookSecrets(value: string, fail: (name: string, reason: string) => void): string[] {
  const secrets = value
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (value !== "" && !secrets.every((entry) => /^(Bearer|Basic) [\x21-\x7e]{16,}$/.test(entry))) {
    fail("GOOGLE_WEBHOOK_SECRETS", "each one is `Bearer ` or `Basic ` and at least 16 characters");
  }
  return secrets;
}

/** Whether a secret is, or holds, what the repository publishes: a list is refused for one example in it. */
function holdsExample(name: keyof typeof exampleSecretValues, value: string): boolean {
  if (value.split(",").some((entry) => entry.trim() === exampleSecretValues[name])) return true;
  if (value === exampleSecretValues[name]) return true;
  const entries = (source: string): string[] => {
    const parsed = z
      .array(z.object({ sha256: z.string().optional(), key: z.string().optional() }))
      .safeParse(parseJson(source));
    return parsed.success
      ? parsed.data.flatMap((entry) => [entry.sha256, entry.key].filter((part) => part !== undefined))
      : [];
  };
  const published = entries(exampleSecretValues[name]);
  return entries(value).some((part) => published.includes(part));
}

function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Whether a URL's `hostname` is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function decodedLength(base64: string): number {
  try {
    return atob(base64).length;
  } catch {
    return -1;
  }
}
