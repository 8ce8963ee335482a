// The measured Worker's doors to the outside, with the time taken at each: provider, R2, D1, the account's object.
// It measures waiting as the Worker sees it; what a door does behind itself stays its own.

import { currentStopwatch, type Part, timedWait } from "./stopwatch.ts";

/** An object whose named methods answer promises, each one timed; everything else is the object's own. */
function timedMethods<Target extends object>(target: Target, part: Part, names: readonly string[]): Target {
  return new Proxy(target, {
    get(_target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (typeof name !== "string" || !names.includes(name)) return value.bind(target);
      return (...input: unknown[]) => timedWait(part, () => value.apply(target, input));
    },
  });
}

const bucketMethods = ["put", "get", "head", "delete", "list"];

interface Statement {
  bind(...values: unknown[]): Statement;
}

interface DatabaseBinding {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<unknown>;
}

const statementMethods = ["first", "all", "run", "raw"];

/** D1 takes only statements of its own making in a batch, so each timed one remembers what it stands for. */
function timedDatabase(database: DatabaseBinding): DatabaseBinding {
  const originals = new WeakMap<Statement, Statement>();
  const wrap = (statement: Statement): Statement => {
    const timed = timedMethods(statement, "d1", statementMethods);
    const bindable = new Proxy(timed, {
      get: (target, name) =>
        name === "bind"
          ? (...values: unknown[]) => wrap(statement.bind(...values))
          : Reflect.get(target, name),
    });
    originals.set(bindable, statement);
    return bindable;
  };
  return new Proxy(database, {
    get(_target, name) {
      if (name === "prepare") return (sql: string) => wrap(database.prepare(sql));
      if (name === "batch") {
        return (statements: readonly Statement[]) =>
          timedWait("d1", () =>
            database.batch(statements.map((statement) => originals.get(statement) ?? statement)),
          );
      }
      const value: unknown = Reflect.get(database, name);
      return typeof value === "function" ? value.bind(database) : value;
    },
  });
}

interface ObjectNamespace {
  getByName(name: string): object;
}

/** Every method of a stub is a call to the object. */
function timedNamespace(namespace: ObjectNamespace): Pick<ObjectNamespace, "getByName"> {
  return {
    getByName(name) {
      const stub = namespace.getByName(name);
      return new Proxy(stub, {
        get(_target, method) {
          return (...input: unknown[]) =>
            timedWait("account", async () => {
              const call: unknown = Reflect.get(stub, method);
              if (typeof call !== "function")
                throw new TypeError(`${String(method)} is no method of the object`);
              // The method of a stub is itself a stub, which has an `apply` of its own.
              return await Reflect.apply(call, stub, input);
            });
        },
      });
    },
  };
}

export interface Bindings {
  readonly DB: DatabaseBinding;
  readonly DOCUMENTS: object;
  readonly ACCOUNT_SYNC: ObjectNamespace;
}

const timed = new WeakMap<object, object>();

/** The same bindings with the time taken; one object for each `env`, because the Worker caches by it. */
export function timedBindings(env: Bindings): object {
  const known = timed.get(env);
  if (known !== undefined) return known;
  const bindings = {
    ...env,
    DB: timedDatabase(env.DB),
    DOCUMENTS: timedMethods(env.DOCUMENTS, "r2", bucketMethods),
    ACCOUNT_SYNC: timedNamespace(env.ACCOUNT_SYNC),
  };
  timed.set(env, bindings);
  return bindings;
}

/**
 * `fetch`, with the wait for the answer and for each piece of its body taken as the provider's. The simulator's clock,
 * which only a local Worker asks, is nobody's.
 */
export function timedFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    if (typeof input === "string" && input.endsWith("/sim/clock")) return await fetch(input, init);
    const stopwatch = currentStopwatch();
    const response = await timedWait("provider", () => fetch(input, init), stopwatch);
    if (response.body === null) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const piece = await timedWait("provider", () => reader.read(), stopwatch);
        if (piece.done) controller.close();
        else controller.enqueue(piece.value);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
