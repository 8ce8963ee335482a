// Google Health's subscriber endpoint: verify, enqueue, answer. Two proofs have to hold: the shared secret in `Authorization`,
// and Google's signature over the raw bytes. 204 goes out only after the queue has the hints (rule 1), and with nothing else:
// any other answer, 200 too, is sent again for seven days (reference §6.5, observed).

import { type Context, Hono } from "hono";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import type { GoogleHealthSettings } from "../kernel/configuration.ts";
import { isSameSecret } from "../kernel/constant-time.ts";
import { log } from "../kernel/log.ts";
import { readBoundedBody } from "./body.ts";
import { GoogleHealthKeys } from "./google-health-keys.ts";
import { readGoogleHealthPush } from "./google-health-push.ts";
import { readSignature, verifySignature } from "./google-health-signature.ts";
import { bare, keepPush, parseJson, tooLarge, unreadable } from "./push.ts";

const route = "/webhooks/google-health";

/** The header's name, and the one it had before July 2026 (reference §6.6, documented). */
const signatureHeaders = ["google-health-api-signature", "x-healthapi-signature"] as const;

/** The handshake is some 23 bytes; what is longer is a push, and not parsed before its signature holds. */
const verificationLimitBytes = 1024;

/** The endpoint, with the keys that this isolate holds. */
export function createGoogleHealthWebhook(): Hono<AppEnvironment> {
  const keys = new GoogleHealthKeys();
  return new Hono<AppEnvironment>().post("/", (c) => receivePush(c, keys));
}

async function receivePush(c: Context<AppEnvironment>, keys: GoogleHealthKeys): Promise<Response> {
  const { configuration } = c.var;
  const { googleHealth } = configuration;
  if (googleHealth === null) return bare(404);
  if (!(await isAuthorized(googleHealth, c.req.header("authorization")))) {
    log("warn", "webhook.bad_secret", { route });
    return bare(401);
  }
  const body = await readBoundedBody(c.req.raw);
  if (body.status === "too_large") throw tooLarge(route);
  // Google verifies the address unsigned, and wants 201 here and 401 without the secret (reference §6.2, documented).
  if (body.bytes.length <= verificationLimitBytes && isVerification(parseJson(body.bytes))) return bare(201);

  const now = await readClock(configuration);
  const reason = await refusalOf(c, keys, googleHealth, body.bytes, now);
  switch (reason) {
    case null:
      break;
    case "unavailable":
      log("error", "webhook.not_verifiable", { route });
      return new Response(null, { status: 503, headers: { "retry-after": "60" } });
    default:
      log("warn", "webhook.bad_signature", { route, reason, bytes: body.bytes.length });
      return bare(401);
  }

  const push = readGoogleHealthPush(parseJson(body.bytes), now);
  if (push === null) {
    const detail = "The push is signed, but it is neither a JSON array nor an object.";
    throw unreadable(route, body.bytes.length, detail);
  }
  return keepPush(c.env.HINTS, route, push);
}

/** Compared with every secret, whichever fits, so that the time taken does not tell which one is in use. */
async function isAuthorized(settings: GoogleHealthSettings, given: string | undefined): Promise<boolean> {
  if (given === undefined) return false;
  const fits = await Promise.all(settings.webhookSecrets.map((secret) => isSameSecret(given, secret)));
  return fits.includes(true);
}

/** `{"type": "verification"}`. Something that carries data is a push, whatever it calls itself. */
function isVerification(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  return "type" in body && body.type === "verification" && !("data" in body);
}

type Refusal = "missing" | "malformed" | "wrong_prefix" | "unknown_key" | "bad_signature" | "unavailable";

/** Why these bytes are not known to be Google's, or null when they are. */
async function refusalOf(
  c: Context<AppEnvironment>,
  keys: GoogleHealthKeys,
  settings: GoogleHealthSettings,
  body: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<Refusal | null> {
  const header = signatureHeaders.map((name) => c.req.header(name)).find((value) => value !== undefined);
  if (header === undefined) return "missing";
  const reading = readSignature(header);
  if (reading.status !== "read") return reading.status;
  const finding = await keys.find(c.env, settings.keysetUrl, reading.signature.keyId, now);
  if (finding.status !== "found") return finding.status;
  const verdict = await verifySignature(finding.keys, reading.signature, body);
  return verdict === "verified" ? null : verdict;
}
