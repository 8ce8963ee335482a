// One request whose answer is JSON: bounded in time, following no redirect, because what is sent is a credential.

import { isLoopback } from "../../src/kernel/configuration.ts";
import { SubscriberError } from "./subscriber-error.ts";

const timeoutMilliseconds = 30_000;

export interface JsonAnswer {
  readonly status: number;
  /** Empty when the answer is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Asks and reads the answer.
 * @throws SubscriberError when nothing answers within 30 seconds.
 */
export async function askJson(address: string, init: RequestInit): Promise<JsonAnswer> {
  try {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    const response = await fetch(address, { ...init, redirect: "manual", signal });
    return { status: response.status, body: parseObject(await response.text()) };
  } catch {
    throw new SubscriberError(
      `${new URL(address).origin} did not answer. Nothing is known of whether it acted.`,
    );
  }
}

/** Whether credentials may go there: https, or this machine itself. */
export function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
