// Where a map's ground may come from: what a setting says goes into a content security policy, so it is checked whole.

import { describe, expect, it } from "vitest";
import { exampleSecrets, localVariables } from "../../../scripts/local-environment.ts";
import { parseConfiguration } from "../../../src/kernel/configuration.ts";

const variables = {
  ...exampleSecrets,
  ...localVariables({ publicUrl: "http://127.0.0.1:8787", simulatorUrl: "http://127.0.0.1:8788" }),
};

function tilesOf(url: string) {
  const result = parseConfiguration({ ...variables, MAP_TILE_URL: url, MAP_TILE_ATTRIBUTION: "© Somebody" });
  return result.ok ? result.configuration.mapTiles : result.problems.map(({ name }) => name);
}

describe("MAP_TILE_URL", () => {
  it("is not needed: routes are drawn on a plain ground then", () => {
    expect(tilesOf("")).toBeNull();
    expect(tilesOf("  ")).toBeNull();
  });

  it("lets a page load images from that server and from no other", () => {
    expect(tilesOf("https://tiles.example.org/v1/{z}/{x}/{y}{r}.png?key=1")).toEqual({
      urlTemplate: "https://tiles.example.org/v1/{z}/{x}/{y}{r}.png?key=1",
      imageSource: "https://tiles.example.org",
      attribution: "© Somebody",
    });
    expect(tilesOf("http://127.0.0.1:8080/{z}/{x}/{y}.png")).toMatchObject({
      imageSource: "http://127.0.0.1:8080",
    });
  });

  it("may spread over the hosts a, b and c", () => {
    expect(tilesOf("https://{s}.tiles.example.org:8443/{z}/{x}/{y}.png")).toMatchObject({
      imageSource: "https://*.tiles.example.org:8443",
    });
  });

  it.each([
    "http://tiles.example.org/{z}/{x}/{y}.png",
    "https://tiles.example.org/{z}/{x}.png",
    "https://tiles.example.org/{z}/{x}/{y}/{quadkey}.png",
    "https://tiles.example.org/{z}/{x}/{y.png",
    "https://{s}/{z}/{x}/{y}.png",
    "https://a.{s}.example.org/{z}/{x}/{y}.png",
    "https://tiles.example.org;script-src *.example.org/{z}/{x}/{y}.png",
    "https://*/{z}/{x}/{y}.png",
    "//tiles.example.org/{z}/{x}/{y}.png",
    "javascript:{z}{x}{y}",
  ])("refuses %s", (url) => {
    expect(tilesOf(url)).toEqual(["MAP_TILE_URL"]);
  });
});
