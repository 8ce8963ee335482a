// One service for every browser test, started as a person starts it (`npm start`), and ended after them. What it printed is
// handed to the tests: the first story begins with the link in it.

import type { TestProject } from "vitest/node";
import { requireChromium } from "../../scripts/local/chromium.ts";
import { Service } from "../e2e/service.ts";

declare module "vitest" {
  interface ProvidedContext {
    serviceUrl: string;
    simulatorUrl: string;
    /** Everything that `npm start` printed. */
    startOutput: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const service = await startOrSayWhyNot();
  // What a person reads stands after the line that says that it is ready.
  const deadline = Date.now() + 5_000;
  while (!service.output.includes("Ctrl-C ends everything.") && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  project.provide("serviceUrl", service.url);
  project.provide("simulatorUrl", service.simulatorUrl);
  project.provide("startOutput", service.output);
  return async () => {
    await service.stop();
  };
}

/** Without a browser the reason is one sentence, at once. A stack thrown from here would be all that vitest 5.0.5 fails to print. */
async function startOrSayWhyNot(): Promise<Service> {
  try {
    requireChromium();
    return await Service.start();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
