// The way of one provider call: note it, let the faults that hit any call have their turn, let the provider answer,
// damage the answer if asked, note the status. Faults that only one endpoint knows are taken by that endpoint.

import type { Fault, FaultName } from "./faults.ts";
import type { ProviderName, State } from "./state.ts";

const instead: readonly FaultName[] = [
  "429",
  "429_without_headers",
  "429_google_shape",
  "500",
  "503",
  "html",
  "maintenance",
];
const callsKept = 200_000;

/** What the pipeline has to know about the provider whose call it is. */
export interface ProviderEdge {
  provider: ProviderName;
  answer(request: Request): Promise<Response>;
  /** The account that a request is about, were its token valid; null when it is about none. */
  providerUserIdOf(request: Request, url: URL): Promise<string | null>;
  /** Whether it is a call of the API, and not of OAuth: a fault without a path of its own hits nothing else. */
  isApiCall(url: URL): boolean;
  /** Faults of this provider alone that stand in for its answer. */
  ownFaults: readonly FaultName[];
  /** The answer that stands in for the provider's own while this fault holds. */
  faultAnswer(fault: FaultName): Response;
}

/** What a dropped connection looks like to `fetch` in the same process; a server closes the socket instead. */
export class ConnectionDropped extends TypeError {
  override readonly name = "ConnectionDropped";
  constructor() {
    super("fetch failed: the simulated provider dropped the connection");
  }
}

/** Answers one provider call. Rejects with ConnectionDropped, or with the request's abort reason. */
export async function providerCall(state: State, edge: ProviderEdge, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname + url.search;
  const providerUserId = await edge.providerUserIdOf(request, url);
  const call = {
    at: new Date(state.clock.now()).toISOString(),
    method: request.method,
    path,
    status: 0,
    providerUserId,
  };
  state.calls.push(call);
  if (state.calls.length > callsKept) state.calls.splice(0, state.calls.length - callsKept);

  const { provider } = edge;
  const target = { provider, path, providerUserIds: providerUserId === null ? [] : [providerUserId] };
  // Only the end of the whole API (410) hits everything.
  const rules = { pathRequired: !edge.isApiCall(url) };
  const take = (names: readonly FaultName[]): Fault | undefined => state.faults.take(names, target, rules);

  if (state.faults.take(["gone"], target)) {
    call.status = 410;
    return edge.faultAnswer("gone");
  }
  if (take(["network_error"])) throw new ConnectionDropped();
  const slow = take(["slow"]);
  if (slow) await wait(slow.delaySeconds ?? 2, request.signal);
  const wrong = take([...instead, ...edge.ownFaults]);
  if (wrong) {
    const response = edge.faultAnswer(wrong.fault);
    call.status = response.status;
    return response;
  }

  const response = await edge.answer(request);
  if (take(["answer_lost"])) throw new ConnectionDropped();
  if (response.headers.has(answerLostHeader)) throw new ConnectionDropped();
  if (take(["502_after_work"])) {
    call.status = 502;
    return edge.faultAnswer("html");
  }
  const slowAnswer = take(["slow_answer"]);
  if (slowAnswer) await wait(slowAnswer.delaySeconds ?? 2, request.signal);
  call.status = response.status;
  if (take(["cut"])) return cut(response, "closed");
  if (take(["cut_connection"])) return cut(response, "broken");
  return response;
}

/** A handler sets it on an answer that must never arrive although the work was done. */
export const answerLostHeader = "x-simulator-answer-lost";

async function cut(response: Response, end: "closed" | "broken"): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const half = bytes.slice(0, Math.floor(bytes.length / 2));
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  const body =
    end === "closed"
      ? half
      : new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(half);
          },
          pull(controller) {
            controller.error(new ConnectionDropped());
          },
        });
  return new Response(body, { status: response.status, headers });
}

function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason ?? new DOMException("The operation was aborted.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, seconds * 1000);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
