// The project's subscribers at Google Health (reference §6.1, documented): the four calls, what each one sends, and what each
// refusal means for the person who made it. What an answer is, an Operation or the Subscriber itself, is not known for certain
// (the documentation's pages disagree), so both are taken.

import { askJson, type JsonAnswer } from "./http.ts";
import { SubscriberError } from "./subscriber-error.ts";

export interface Subscriber {
  readonly id: string;
  readonly endpointUri: string;
  /** `ACTIVE`, `UNVERIFIED`, `INACTIVE`; empty when the answer does not say. */
  readonly state: string;
  readonly dataTypes: readonly string[];
}

/** One call as it goes out; `--dry-run` prints it instead. */
export interface PlannedCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly address: string;
  readonly body: SubscriberBody | null;
}

export interface SubscriberBody {
  readonly endpointUri?: string;
  readonly subscriberConfigs?: readonly unknown[];
  readonly endpointAuthorization: { readonly secret: string };
}

export interface Project {
  /** The API's origin. */
  readonly apiUrl: string;
  readonly number: string;
}

/** Heart rate is pushed for every few seconds and steps for every minute; what we need to hear of is an exercise. */
const subscriberConfigs = [{ dataTypes: ["exercise"], subscriptionCreatePolicy: "AUTOMATIC" }];

export function planList(project: Project, pageToken: string): PlannedCall {
  const query = new URLSearchParams({ pageSize: "1000", ...(pageToken === "" ? {} : { pageToken }) });
  return { method: "GET", address: `${collection(project)}?${query}`, body: null };
}

export function planCreate(project: Project, id: string, endpointUri: string, secret: string): PlannedCall {
  const body = { endpointUri, subscriberConfigs, endpointAuthorization: { secret } };
  return { method: "POST", address: `${collection(project)}?subscriberId=${id}`, body };
}

/** Everything anew, or, with `endpointUri` null, the secret alone. */
export function planUpdate(
  project: Project,
  id: string,
  endpointUri: string | null,
  secret: string,
): PlannedCall {
  const endpointAuthorization = { secret };
  const body =
    endpointUri === null
      ? { endpointAuthorization }
      : { endpointUri, subscriberConfigs, endpointAuthorization };
  return {
    method: "PATCH",
    address: `${collection(project)}/${id}?updateMask=${Object.keys(body).join(",")}`,
    body,
  };
}

export function planDelete(project: Project, id: string, force: boolean): PlannedCall {
  return {
    method: "DELETE",
    address: `${collection(project)}/${id}${force ? "?force=true" : ""}`,
    body: null,
  };
}

/**
 * Makes a call and answers its JSON.
 * @throws SubscriberError with what to do about a refusal.
 */
export async function carryOut(call: PlannedCall, token: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await askJson(call.address, {
    method: call.method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(call.body === null ? {} : { "content-type": "application/json" }),
    },
    ...(call.body === null ? {} : { body: JSON.stringify(call.body) }),
  });
  if (answer.status === 200) {
    const failed = operationError(answer.body);
    if (failed === null) return answer.body;
    throw refusal(call, failed);
  }
  throw refusal(call, errorOf(answer));
}

/** The subscriber in an answer; null in an operation that is not done, or one that answers nothing. */
export function subscriberOf(answer: Readonly<Record<string, unknown>>): Subscriber | null {
  return readSubscriber(isRecord(answer.response) ? answer.response : answer);
}

/** One page of the list. */
export function readPage(answer: Readonly<Record<string, unknown>>): {
  subscribers: Subscriber[];
  nextPageToken: string;
} {
  const entries: readonly unknown[] = Array.isArray(answer.subscribers) ? answer.subscribers : [];
  const subscribers = entries.map(readSubscriber).filter((subscriber) => subscriber !== null);
  const token = answer.nextPageToken;
  return { subscribers, nextPageToken: typeof token === "string" ? token : "" };
}

function collection(project: Project): string {
  return `${project.apiUrl}/v4/projects/${project.number}/subscribers`;
}

function readSubscriber(value: unknown): Subscriber | null {
  if (!isRecord(value) || typeof value.endpointUri !== "string" || typeof value.name !== "string")
    return null;
  const configs: readonly unknown[] = Array.isArray(value.subscriberConfigs) ? value.subscriberConfigs : [];
  return {
    id: value.name.split("/").at(-1) ?? "",
    endpointUri: value.endpointUri,
    state: typeof value.state === "string" ? value.state : "",
    dataTypes: configs.flatMap((config) =>
      isRecord(config) && Array.isArray(config.dataTypes)
        ? config.dataTypes.filter((type) => typeof type === "string")
        : [],
    ),
  };
}

interface Failure {
  /** HTTP status, or null where an operation failed. */
  readonly status: number | null;
  /** google.rpc.Code by name; empty when the answer has none. */
  readonly code: string;
}

/** google.rpc.Code, as far as an operation here may end with it. */
const rpcCodes: Readonly<Record<number, string>> = {
  3: "INVALID_ARGUMENT",
  5: "NOT_FOUND",
  6: "ALREADY_EXISTS",
  7: "PERMISSION_DENIED",
  9: "FAILED_PRECONDITION",
  16: "UNAUTHENTICATED",
};

function operationError(body: Readonly<Record<string, unknown>>): Failure | null {
  if (!isRecord(body.error)) return null;
  const { code } = body.error;
  return { status: null, code: (typeof code === "number" ? rpcCodes[code] : undefined) ?? "" };
}

function errorOf(answer: JsonAnswer): Failure {
  const { error } = answer.body;
  const code = isRecord(error) && typeof error.status === "string" ? error.status : "";
  return { status: answer.status, code };
}

/** What Google's own message says is left out: it may repeat what was sent, and the secret was. */
function refusal(call: PlannedCall, failure: Failure): SubscriberError {
  const answered = [failure.status, failure.code].filter((part) => part !== null && part !== "").join(" ");
  return new SubscriberError(`${sentenceFor(call, failure)} (Google answered ${answered || "an error"}.)`);
}

function sentenceFor(call: PlannedCall, { status, code }: Failure): string {
  if (code === "ALREADY_EXISTS" || status === 409) {
    return "There is a subscriber with this id already: `update` changes it, `list` shows it.";
  }
  if (code === "FAILED_PRECONDITION" && call.method === "DELETE") {
    return "The subscriber still has subscriptions that were made by hand: --force deletes them too.";
  }
  if (code === "FAILED_PRECONDITION") {
    return `Google could not verify the address. The Worker must be deployed there with this secret in GOOGLE_WEBHOOK_SECRETS first: \
Google sends it {"type":"verification"} with the secret, which must be answered 201, and without it, which must be answered 401.`;
  }
  if (code === "NOT_FOUND" || status === 404) {
    return "There is no such project or subscriber: `list` shows the subscribers of the project.";
  }
  if (code === "UNAUTHENTICATED" || status === 401)
    return "Google did not accept the service account's token.";
  if (code === "PERMISSION_DENIED" || status === 403) {
    return "The service account may not manage subscribers of this project, or the Google Health API is not enabled in it.";
  }
  if (code === "INVALID_ARGUMENT" || status === 400) {
    return "Google did not take the request. Is this the project's number, and the subscriber's id one of 4 to 36 characters?";
  }
  if (status !== null && status >= 500) return "Google failed. Try again in a minute.";
  return "Google refused.";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
