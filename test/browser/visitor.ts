// Somebody in front of a screen: one browser context with one page, that writes down whatever no page of ours may do: ask
// another machine for something, break the content security policy, write an error to the console, throw.

import { type Browser, type BrowserContextOptions, errors, type Page } from "playwright-core";
import { expect } from "vitest";

/** 360 × 740: the narrowest phone that is still common. */
export const phone = { width: 360, height: 740 };
export const desktop = { width: 1280, height: 900 };

export interface VisitorOptions extends BrowserContextOptions {
  /** Origins besides our own that pages of this visit may ask, such as a tile server. */
  readonly allowedOrigins?: readonly string[];
}

export class Visitor {
  readonly page: Page;
  /** What went wrong so far, as sentences. */
  readonly trouble: string[] = [];

  private constructor(page: Page, simulatorUrl: string, ownOrigins: readonly string[]) {
    this.page = page;
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol === "data:" || ownOrigins.includes(origin)) return;
      this.trouble.push(`${page.url()} asked ${request.url()}`);
    });
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      // A page that is an error says so in its status, and Chromium repeats it: the page is meant. The simulator's
      // consent pages have no icon.
      if (/^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) {
        const { url } = message.location();
        if (url === page.url() || url === `${simulatorUrl}/favicon.ico`) return;
      }
      this.trouble.push(`${page.url()} has on its console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.trouble.push(`${page.url()} threw ${error.message}`));
  }

  static async arrive(
    browser: Browser,
    places: { readonly serviceUrl: string; readonly simulatorUrl: string },
    options: VisitorOptions = {},
  ): Promise<Visitor> {
    const { allowedOrigins = [], ...contextOptions } = options;
    const context = await browser.newContext({
      viewport: desktop,
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      ...contextOptions,
    });
    context.setDefaultTimeout(20_000);
    const own = [places.serviceUrl, places.simulatorUrl, ...allowedOrigins];
    return new Visitor(await context.newPage(), places.simulatorUrl, own);
  }

  /** Leaves, and fails if anything on the way was not as it should be. */
  async leave(): Promise<void> {
    await this.page.context().close();
    expect(this.trouble).toEqual([]);
  }

  /** Opens a portal link and takes its one click. */
  async openPortal(link: string): Promise<void> {
    await this.page.goto(link);
    await this.page.getByRole("button", { name: "Open", exact: true }).click();
    await this.page.getByRole("heading", { name: "Connections", level: 1 }).waitFor();
  }

  /** On Connections: connects this account at the simulator. `without` are words of scopes whose boxes are unticked. */
  async connect(
    button: string,
    account: { readonly label?: string | RegExp; readonly id?: string },
    without: readonly string[] = [],
  ): Promise<void> {
    await this.page.getByRole("button", { name: button }).click();
    const choice = this.page.getByLabel("Account");
    if (account.id !== undefined) await choice.selectOption(account.id);
    else {
      const option = choice.locator("option", { hasText: account.label ?? "" });
      await choice.selectOption((await option.first().getAttribute("value")) ?? "");
    }
    for (const word of without) await this.page.getByRole("checkbox", { name: word }).uncheck();
    await this.page.getByRole("button", { name: /^(Allow|Continue)$/ }).click();
  }

  /** Waits until something shows; where no script runs the page asks for itself again, and this waits for that too. */
  async see(text: string | RegExp, withinMilliseconds = 20_000): Promise<void> {
    try {
      await this.page.getByText(text).first().waitFor({ timeout: withinMilliseconds });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
      const shown = await this.page.locator("main").innerText();
      throw new Error(`${this.page.url()} never showed ${text}. It shows:\n${shown}`);
    }
  }
}
