import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chosenSettings,
  exampleSecrets,
  localVariables,
  realProvidersIn,
  realProviderVariables,
} from "../../../scripts/local-environment.ts";
import { parseConfiguration } from "../../../src/kernel/configuration.ts";
import type { ProviderName } from "../../../src/kernel/ids.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "variables-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The variables of wrangler.toml, which hold the providers' real addresses. */
const deployed = Object.fromEntries(
  [
    ...readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8").matchAll(
      /^([A-Z_]+) = "(.*)"$/gm,
    ),
  ].map(([, name = "", value = ""]) => [name, value]),
);
const example = readFileSync(join(import.meta.dirname, "../../../.dev.vars.example"), "utf8");

/** The providers that a `.dev.vars` of this content asks for. */
function asked(content: string): readonly ProviderName[] {
  const path = join(folder, ".dev.vars");
  writeFileSync(path, content);
  return realProvidersIn(path);
}

describe("which providers npm start talks to", () => {
  it("are simulated without .dev.vars, with an untouched copy of the example, and with the published client ids", () => {
    expect(realProvidersIn(join(folder, "nowhere"))).toEqual([]);
    expect(asked(example)).toEqual([]);
    const { FITBIT_CLIENT_ID, GOOGLE_CLIENT_ID } = exampleSecrets;
    const published = `FITBIT_CLIENT_ID='${FITBIT_CLIENT_ID}'\nGOOGLE_CLIENT_ID='${GOOGLE_CLIENT_ID}'`;
    expect(asked(published)).toEqual([]);
  });

  const google = {
    GOOGLE_CLIENT_ID: "1234-abc.apps.googleusercontent.com",
    GOOGLE_CLIENT_SECRET: "g-secret",
  };
  const fitbit = { FITBIT_CLIENT_ID: "23ABCD", FITBIT_CLIENT_SECRET: "f-secret" };
  it.each([
    ["Google", google, ["google-health"]],
    ["Fitbit", fitbit, ["fitbit"]],
    ["both", { ...google, ...fitbit }, ["google-health", "fitbit"]],
  ] as const)(
    "are real and offered alone where .dev.vars holds a client id of one's own: %s, in an otherwise untouched copy",
    (_whose, own, providers) => {
      const filled = Object.entries(own).reduce(
        (text, [name, value]) => text.replace(`${name}=''`, `${name}='${value}'`),
        example,
      );
      expect(asked(filled)).toEqual(providers);
      const variables = realProviderVariables({ publicUrl: "http://127.0.0.1:8787", providers });
      expect(JSON.stringify(variables)).not.toContain("8788");
      expect(Object.keys(variables)).not.toContain("SIMULATOR_URL");
      expect(Object.keys(variables)).not.toContain("GOOGLE_HEALTH_API_URL");
      expect(
        parseConfiguration({ ...deployed, ...exampleSecrets, ...variables, ...parseEnv(filled) }),
      ).toMatchObject({
        ok: true,
        configuration: { providers },
      });
    },
  );

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
    expect(Object.keys(parseEnv(example)).sort()).toEqual([
      "FITBIT_CLIENT_ID",
      "FITBIT_CLIENT_SECRET",
      "GOOGLE_CLIENT_ID",
      "GOOGLE_CLIENT_SECRET",
    ]);
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
    const environment = {
      PROVIDERS: "fitbit",
      RETURN_ORIGINS: "https://app.example",
      BACKFILL_DAYS: "30",
      SETTLE_MINUTES: "0",
    };
    expect(configure(environment)).toMatchObject({
      providers: ["fitbit"],
      returnOrigins: ["https://app.example"],
      backfillDays: 30,
      settleMinutes: 0,
    });
  });

  it("are the local ones when it chooses none, with either name of this machine to return to", () => {
    const environment = { RETURN_ORIGINS: "", BACKFILL_DAYS: " ", PUBLIC_URL: "https://elsewhere.example" };
    expect(configure(environment)).toMatchObject({
      publicUrl: "http://127.0.0.1:8787",
      providers: ["google-health", "fitbit"],
      returnOrigins: ["http://127.0.0.1:3000", "http://localhost:3000"],
      backfillDays: 0,
      settleMinutes: 15,
    });
  });

  it("are refused when they would break the file that carries them", () => {
    expect(() => chosenSettings({ RETURN_ORIGINS: "'\nAPI_KEYS='" })).toThrow("RETURN_ORIGINS");
  });
});
