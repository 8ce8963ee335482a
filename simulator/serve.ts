// Puts a fetch handler behind a socket of Node, on loopback only. A handler that rejects, or a body that breaks off,
// closes the socket, because that is what a dropped connection looks like from outside.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";

/**
 * Listens on `host:port` (0: any free port). Resolves when it listens; rejects with Node's error, whose `code` is
 * "EADDRINUSE" when the port is taken. `close` ends every connection.
 */
export async function serve(
  handler: (request: Request) => Promise<Response> | Response,
  port: number,
  host: "127.0.0.1" = "127.0.0.1",
): Promise<{ url: string; close(): Promise<void> }> {
  let url = "";
  const server = createServer((incoming, outgoing) => {
    answer(handler, url, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  url = `http://${host}:${typeof address === "object" && address ? address.port : port}`;
  return {
    url,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function answer(
  handler: (request: Request) => Promise<Response> | Response,
  url: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  }
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const method = incoming.method ?? "GET";
  const init: RequestInit & { duplex?: "half" } = { method, headers, signal: gone.signal };
  if (method !== "GET" && method !== "HEAD") {
    init.body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
    init.duplex = "half";
  }
  const response = await handler(new Request(new URL(incoming.url ?? "/", url), init));
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body) {
    for await (const chunk of response.body) {
      if (outgoing.destroyed) return;
      // Waiting for each piece keeps memory bounded, and what was sent before a cut really arrives.
      await new Promise<void>((resolve) => outgoing.write(chunk, () => resolve()));
    }
  }
  outgoing.end();
}
