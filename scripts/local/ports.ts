// Ports of this machine, asked before anything is started: a port in use is one sentence, not a stack trace from a child.

import { createServer } from "node:net";

/** A reason to end that is a sentence for the person at the terminal. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/**
 * Reads a port from the environment.
 * @throws StartError when it is not a whole number from 1 to 65535.
 */
export function readPort(name: "PORT" | "SIM_PORT", fallback: number): number {
  const text = process.env[name] ?? "";
  if (text === "") return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StartError(`${name} is "${text}", which is not a port: give a whole number from 1 to 65535.`);
  }
  return port;
}

/**
 * Makes sure that nobody listens on a port of the loopback interface.
 * @throws StartError that names the port and the variable that chooses another.
 */
export async function requireFreePort(port: number, variable: "PORT" | "SIM_PORT"): Promise<void> {
  const code = await listenOnce(port);
  if (code === "EADDRINUSE") {
    throw new StartError(
      `Port ${port} is in use: end the program that listens there, or choose another port with ${variable}=<port>.`,
    );
  }
  if (code !== null)
    throw new StartError(`Port ${port} cannot be used (${code}): choose another with ${variable}=<port>.`);
}

/** A port that nobody used a moment ago. */
export async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new StartError("This machine gave no free port on 127.0.0.1."));
      });
    });
  });
}

async function listenOnce(port: number): Promise<string | null> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(null)));
  });
}
