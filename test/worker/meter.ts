// Counts what the platform would bill: D1 rows, R2 operations and bytes, queue messages, calls of the account's object and
// rows of its storage. It listens at the bindings' own classes, which Worker, consumers and object share in one isolate.

import { env } from "cloudflare:workers";
import { AccountSync } from "../../src/sync/account/account-sync.ts";

export interface Usage {
  d1Queries: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  r2Puts: number;
  r2Gets: number;
  r2BytesPut: number;
  queueMessages: number;
  objectRequests: number;
  objectRowsWritten: number;
}

export const noUsage: Usage = {
  d1Queries: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  r2Puts: 0,
  r2Gets: 0,
  r2BytesPut: 0,
  queueMessages: 0,
  objectRequests: 0,
  objectRowsWritten: 0,
};

type Method = (this: unknown, ...args: unknown[]) => unknown;

export class Meter {
  #usage: Usage = { ...noUsage };
  readonly #undo: (() => void)[] = [];

  constructor() {
    const session = Reflect.get(env.DB, "alwaysPrimarySession") as object;
    this.#wrap(ownerOf(session, "_send"), "_send", async (result) => {
      const answers = [await result].flat() as { meta?: { rows_read?: number; rows_written?: number } }[];
      for (const { meta } of answers) {
        this.#usage.d1Queries += 1;
        this.#usage.d1RowsRead += meta?.rows_read ?? 0;
        this.#usage.d1RowsWritten += meta?.rows_written ?? 0;
      }
    });
    this.#wrap(ownerOf(env.DOCUMENTS, "put"), "put", (_result, [, body]) => {
      this.#usage.r2Puts += 1;
      this.#usage.r2BytesPut += body instanceof Uint8Array ? body.byteLength : String(body).length;
    });
    this.#wrap(ownerOf(env.DOCUMENTS, "get"), "get", () => {
      this.#usage.r2Gets += 1;
    });
    this.#wrap(ownerOf(env.SYNC, "send"), "send", () => {
      this.#usage.queueMessages += 1;
    });
    this.#wrap(ownerOf(env.SYNC, "sendBatch"), "sendBatch", (_result, [messages]) => {
      this.#usage.queueMessages += Array.isArray(messages) ? messages.length : 1;
    });
    for (const name of Object.getOwnPropertyNames(AccountSync.prototype)) {
      if (name === "constructor") continue;
      this.#wrap(AccountSync.prototype, name, () => {
        this.#usage.objectRequests += 1;
      });
    }
  }

  /** Counts rows of a Durable Object's storage too; its classes are to be had only from inside of one. */
  watchStorage(storage: DurableObjectStorage): void {
    this.#wrap(ownerOf(storage.sql, "exec"), "exec", (result) => {
      this.#usage.objectRowsWritten += (result as SqlStorageCursor<never>).rowsWritten;
    });
    this.#wrap(ownerOf(storage, "setAlarm"), "setAlarm", () => {
      this.#usage.objectRowsWritten += 1;
    });
  }

  /** What was used since the last reading. */
  read(): Usage {
    const usage = this.#usage;
    this.#usage = { ...noUsage };
    return usage;
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #wrap(owner: object, name: string, after: (result: unknown, args: unknown[]) => unknown): void {
    const original = Reflect.get(owner, name) as Method;
    const wrapped: Method = function (...args) {
      const result = original.apply(this, args);
      void Promise.resolve(after(result, args)).catch(() => undefined);
      return result;
    };
    Reflect.defineProperty(owner, name, { value: wrapped, configurable: true, writable: true });
    this.#undo.push(() =>
      Reflect.defineProperty(owner, name, { value: original, configurable: true, writable: true }),
    );
  }
}

/** The object in the prototype chain that has this method. */
function ownerOf(start: object, name: string): object {
  for (
    let owner: object | null = start;
    owner !== null;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    if (Object.hasOwn(owner, name)) return owner;
  }
  throw new Error(`nothing here has a method ${name}`);
}
