// A load generator on plain sockets: so many connections, each sends its next request when the last one is answered.
// Node's HTTP client would take as long for a request as the Worker does, and then one would measure the client.

import { connect, type Socket } from "node:net";
import type { SignedPush } from "./pushes.ts";

export interface LoadReading {
  readonly requestsPerSecond: number;
  /** Every answer was 204, else `measureLoad` rejects. */
  readonly requests: number;
}

/** Requests to one address, kept ready as bytes. */
export function prepareRequests(address: URL, pushes: readonly SignedPush[]): Buffer[] {
  return pushes.map(({ body, signature }) =>
    Buffer.from(
      [
        "POST /webhooks/fitbit HTTP/1.1",
        `Host: ${address.host}`,
        "Content-Type: application/json; charset=utf-8",
        `X-Fitbit-Signature: ${signature}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        "",
        body,
      ].join("\r\n"),
    ),
  );
}

/** Keep-alive connections to one Worker, for as many rounds as are wanted. */
export class LoadGenerator {
  readonly #requests: readonly Buffer[];
  readonly #sockets: readonly Socket[];
  #next = 0;

  private constructor(requests: readonly Buffer[], sockets: readonly Socket[]) {
    this.#requests = requests;
    this.#sockets = sockets;
  }

  static async open(
    address: URL,
    pushes: readonly SignedPush[],
    connections: number,
  ): Promise<LoadGenerator> {
    const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(address)));
    return new LoadGenerator(prepareRequests(address, pushes), sockets);
  }

  /** Sends for so long and waits for the last answers. Rejects when an answer is not 204 or a connection breaks. */
  async run(milliseconds: number): Promise<LoadReading> {
    const start = performance.now();
    const counts = await Promise.all(
      this.#sockets.map((socket) => this.#drive(socket, start + milliseconds)),
    );
    const requests = counts.reduce((sum, count) => sum + count, 0);
    return { requests, requestsPerSecond: requests / ((performance.now() - start) / 1_000) };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #drive(socket: Socket, deadline: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let answered = 0;
      let head = "";
      const stop = (error?: Error) => {
        socket.off("data", receive);
        socket.off("error", stop);
        socket.off("close", broken);
        if (error === undefined) resolve(answered);
        else reject(error);
      };
      const broken = () => stop(new Error("the Worker closed the connection"));
      const receive = (chunk: Buffer) => {
        head += chunk.toString("latin1");
        // A 204 has no body, so its head is all there is of it.
        if (!head.endsWith("\r\n\r\n")) return;
        if (!head.startsWith("HTTP/1.1 204 ")) {
          stop(new Error(`a signed push was answered with ${head.split("\r\n", 1)[0]}`));
          return;
        }
        head = "";
        answered += 1;
        if (performance.now() < deadline) this.#send(socket);
        else stop();
      };
      socket.on("data", receive);
      socket.once("error", stop);
      socket.once("close", broken);
      this.#send(socket);
    });
  }

  #send(socket: Socket): void {
    const request = this.#requests[this.#next++ % this.#requests.length];
    if (request !== undefined) socket.write(request);
  }
}

function openSocket(address: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(address.port), address.hostname);
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
