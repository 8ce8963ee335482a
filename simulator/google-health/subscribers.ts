// Subscribers of the project: create, list, change, delete, with the handshake of two POSTs that proves the endpoint knows the
// secret (Google Health API, "Webhooks"). What create and change answer differs between Google's own pages: a setting.
// Manual subscriptions are not built.

import { z } from "zod";
import { answerInTime } from "../deliveries.ts";
import { type Json, jsonResponse } from "../json.ts";
import { nextNumber, type State } from "../state.ts";
import { refuseProjectCall } from "./authentication.ts";
import { googleError, notFound, permissionDenied } from "./errors.ts";
import { pageToken, readPage } from "./paging.ts";
import { type GoogleSimulator, projectNumberOf, type Subscriber } from "./state.ts";
import { timestamp } from "./values.ts";

export const verifierAgent = "Google-Health-API-Webhooks-Verifier";

export interface Handshake {
  verified: boolean;
  withSecret: { status: number | null; expected: "201 or 200" };
  withoutSecret: { status: number | null; expected: "401 or 403" };
}

/** Asks the endpoint twice: with the secret it must agree, without it must refuse. */
export async function handshake(state: State, endpointUri: string, secret: string): Promise<Handshake> {
  const ask = async (headers: Record<string, string>): Promise<number | null> => {
    const answer = await answerInTime(state, endpointUri, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": verifierAgent, ...headers },
      body: JSON.stringify({ type: "verification" }),
    });
    if (typeof answer === "string") return null;
    await answer.body?.cancel();
    return answer.status;
  };
  const right = await ask({ authorization: secret });
  const wrong = await ask({});
  return {
    verified: (right === 201 || right === 200) && (wrong === 401 || wrong === 403),
    withSecret: { status: right, expected: "201 or 200" },
    withoutSecret: { status: wrong, expected: "401 or 403" },
  };
}

const subscriberSchema = z.object({
  endpointUri: z.url({ protocol: /^https?$/ }),
  subscriberConfigs: z
    .array(
      z.object({
        // Kebab case, as in addresses; any other spelling gets the same opaque error (observed).
        dataTypes: z.array(z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)).min(1),
        subscriptionCreatePolicy: z.enum(["AUTOMATIC", "MANUAL"]).default("MANUAL"),
      }),
    )
    .min(1),
  endpointAuthorization: z.object({ secret: z.string().regex(/^(Bearer|Basic) \S+$/) }),
});

const opaque = () => googleError(400, "Request contains an invalid argument.");
const idShape = /^[a-z]([a-z0-9-]{2,34}[a-z0-9])$/;

/** Answers a call under /v4/projects/{project}/subscribers; `id` is null for the collection. */
export async function subscribersEndpoint(
  state: GoogleSimulator,
  request: Request,
  project: string,
  id: string | null,
): Promise<Response> {
  const refused = refuseProjectCall(state, request);
  if (refused) return refused;
  if (!/^\d+$/.test(project)) return googleError(400, "Invalid project number in resource name.");
  if (project !== projectNumberOf(state.google)) return permissionDenied();
  const url = new URL(request.url);
  if (id === null && request.method === "GET") return list(state, url);
  if (id === null && request.method === "POST") return create(state, request, url);
  const found = id === null ? undefined : state.google.subscribers.get(id);
  if (!found) return notFound();
  if (request.method === "PATCH") return change(state, request, url, found);
  if (request.method === "DELETE") {
    state.google.subscribers.delete(found.id);
    return jsonResponse(200, {});
  }
  return notFound();
}

function list(state: GoogleSimulator, url: URL): Response {
  const page = readPage(url.searchParams, "subscribers", { usual: 50, largest: 1000 });
  if (page instanceof Response) return page;
  const all = [...state.google.subscribers.values()];
  const next = page.offset + page.size;
  return jsonResponse(200, {
    subscribers: all.slice(page.offset, next).map((one) => shape(state, one)),
    nextPageToken: next < all.length ? pageToken(page, next) : undefined,
    totalSize: all.length,
  });
}

async function create(state: GoogleSimulator, request: Request, url: URL): Promise<Response> {
  const id = url.searchParams.get("subscriberId") ?? "";
  const parsed = subscriberSchema.safeParse(await bodyOf(request));
  if (!idShape.test(id) || !parsed.success) return opaque();
  const forced = state.faults.take(["subscribe_409"], {
    provider: "google-health",
    path: url.pathname,
    providerUserIds: [],
  });
  if (state.google.subscribers.has(id) || forced) {
    return googleError(409, `Subscriber ${id} already exists.`);
  }
  const { endpointUri, subscriberConfigs, endpointAuthorization } = parsed.data;
  const now = state.clock.now();
  if (!(await handshake(state, endpointUri, endpointAuthorization.secret)).verified) return unverified();
  const created: Subscriber = {
    id,
    endpointUri,
    secret: endpointAuthorization.secret,
    configs: subscriberConfigs,
    createTimeMs: now,
    updateTimeMs: now,
  };
  state.google.subscribers.set(id, created);
  return answer(state, created);
}

/** Configurations are replaced as a whole; another address or secret is verified before it counts. */
async function change(
  state: GoogleSimulator,
  request: Request,
  url: URL,
  found: Subscriber,
): Promise<Response> {
  const mask = (url.searchParams.get("updateMask") ?? "").split(",").filter((one) => one !== "");
  const parsed = subscriberSchema.partial().safeParse(await bodyOf(request));
  const maskable = ["endpointUri", "subscriberConfigs", "endpointAuthorization"];
  if (!parsed.success || mask.length === 0 || !mask.every((one) => maskable.includes(one))) return opaque();
  const body = parsed.data;
  const wanted: Subscriber = { ...found, updateTimeMs: state.clock.now() };
  if (mask.includes("endpointUri")) wanted.endpointUri = body.endpointUri ?? "";
  if (mask.includes("endpointAuthorization")) wanted.secret = body.endpointAuthorization?.secret ?? "";
  if (mask.includes("subscriberConfigs")) wanted.configs = body.subscriberConfigs ?? [];
  if (wanted.endpointUri === "" || wanted.secret === "" || wanted.configs.length === 0) return opaque();
  const changed = wanted.endpointUri !== found.endpointUri || wanted.secret !== found.secret;
  if (changed && !(await handshake(state, wanted.endpointUri, wanted.secret)).verified) return unverified();
  state.google.subscribers.set(found.id, wanted);
  return answer(state, wanted);
}

function unverified(): Response {
  return googleError(400, "The endpoint could not be verified.", [], { statusName: "FAILED_PRECONDITION" });
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return null;
  }
}

/** The subscriber itself, or an operation that is done and holds it. */
function answer(state: GoogleSimulator, subscriber: Subscriber): Response {
  const resource = shape(state, subscriber);
  if (state.google.settings.subscriberAnswer === "subscriber") return jsonResponse(200, resource);
  return jsonResponse(200, {
    name: `projects/${projectNumberOf(state.google)}/operations/op-${nextNumber(state)}`,
    done: true,
    response: {
      "@type": "type.googleapis.com/google.devicesandservices.health.v4.Subscriber",
      ...resource,
    },
  });
}

function shape(state: GoogleSimulator, subscriber: Subscriber): { [key: string]: Json | undefined } {
  return {
    name: `projects/${projectNumberOf(state.google)}/subscribers/${subscriber.id}`,
    endpointUri: subscriber.endpointUri,
    createTime: timestamp(subscriber.createTimeMs),
    updateTime: timestamp(subscriber.updateTimeMs),
    subscriberConfigs: subscriber.configs.map((one) => ({ ...one })),
    state: "ACTIVE",
    endpointAuthorization: { secretSet: true },
  };
}
