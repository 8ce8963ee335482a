// Which browser, and how it is started: the system's Chromium, without a window, with a profile of its own that is gone
// afterwards, and without the calls home that a desktop browser makes.

import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Debian's place, unless CHROMIUM_PATH names another. */
export function chromiumPath(): string {
  const path = process.env.CHROMIUM_PATH ?? "";
  return path === "" ? "/usr/bin/chromium" : path;
}

/**
 * Makes sure that there is a browser.
 * @throws an error that says what to install when there is none.
 */
export function requireChromium(): void {
  try {
    accessSync(chromiumPath(), constants.X_OK);
  } catch {
    throw new Error(
      `There is no Chromium at ${chromiumPath()}. Install it (on Debian: apt-get install chromium fonts-dejavu-core), or say where it is with CHROMIUM_PATH=<path>.`,
    );
  }
}

/** Starts the browser; whoever starts it closes it. */
export async function launchChromium(): Promise<Browser> {
  requireChromium();
  return await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    // The system's locale and time zone are not part of what is tested.
    env: { ...process.env, LANG: "en_US.UTF-8", TZ: "UTC" },
  });
}
