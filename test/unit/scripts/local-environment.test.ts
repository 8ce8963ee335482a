import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asksForRealProviders,
  chosenSettings,
  exampleSecrets,
  localVariables,
  realProviderVariables,
} from "../../../scripts/local-environment.ts";
import { parseConfiguration } from "../../../src/kernel/configuration.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "variables-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const example = readFileSync(join(import.meta.dirname, "../../../.dev.vars.example"), "utf8");

function asks(content: string): boolean {
  const path = join(folder, ".dev.vars");
  writeFileSync(path, content);
  return asksForRealProviders(path);
}

describe("which provider npm start talks to", () => {
  it("is the simulator without .dev.vars, with an untouched copy of the example, and with the published client id", () => {
    expect(asksForRealProviders(join(folder, "nowhere"))).toBe(false);
    expect(asks(example)).toBe(false);
    expect(asks(`FITBIT_CLIENT_ID='${exampleSecrets.FITBIT_CLIENT_ID}'`)).toBe(false);
  });

  it("is the real one as soon as .dev.vars holds a client id of one's own, and nothing points at the simulator then", () => {
    const own = example.replace("FITBIT_CLIENT_ID=''", "FITBIT_CLIENT_ID='23ABCD'");
    expect(asks(own)).toBe(true);
    const variables = realProviderVariables({ publicUrl: "http://127.0.0.1:8787" });
    expect(JSON.stringify(variables)).not.toContain("8788");
    expect(Object.keys(variables)).not.toContain("SIMULATOR_URL");
    expect(Object.keys(variables)).not.toContain("FITBIT_API_URL");
  });

  it("gets a complete configuration from the published local values", () => {
    const variables = localVariables({
      publicUrl: "http://127.0.0.1:8787",
      simulatorUrl: "http://127.0.0.1:8788",
    });
    expect(parseConfiguration({ ...exampleSecrets, ...variables }).ok).toBe(true);
  });

  it("names in .dev.vars.example only settings that exist", () => {
    const names = [...example.matchAll(/^(?:# )?([A-Z_]+)='/gm)].map((match) => match[1]);
    const known = [...Object.keys(exampleSecrets), "PUBLIC_URL", "RETURN_ORIGINS"];
    for (const name of names) expect(known).toContain(name);
    expect(Object.keys(parseEnv(example))).toEqual(Object.keys(exampleSecrets).slice(0, 3));
  });
});

describe("the settings that the environment of npm start chooses", () => {
  const addresses = { publicUrl: "http://127.0.0.1:8787", simulatorUrl: "http://127.0.0.1:8788" };
  const configure = (environment: Record<string, string>) => {
    const result = parseConfiguration({
      ...exampleSecrets,
      ...localVariables(addresses),
      ...chosenSettings(environment),
    });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.configuration;
  };

  it("go before the local ones", () => {
    const environment = { RETURN_ORIGINS: "https://app.example", BACKFILL_DAYS: "30", SETTLE_MINUTES: "0" };
    expect(configure(environment)).toMatchObject({
      returnOrigins: ["https://app.example"],
      backfillDays: 30,
      settleMinutes: 0,
    });
  });

  it("are the local ones when it chooses none, with either name of this machine to return to", () => {
    const environment = { RETURN_ORIGINS: "", BACKFILL_DAYS: " ", PUBLIC_URL: "https://elsewhere.example" };
    expect(configure(environment)).toMatchObject({
      publicUrl: "http://127.0.0.1:8787",
      returnOrigins: ["http://127.0.0.1:3000", "http://localhost:3000"],
      backfillDays: 0,
      settleMinutes: 15,
    });
  });

  it("are refused when they would break the file that carries them", () => {
    expect(() => chosenSettings({ RETURN_ORIGINS: "'\nAPI_KEYS='" })).toThrow("RETURN_ORIGINS");
  });
});
