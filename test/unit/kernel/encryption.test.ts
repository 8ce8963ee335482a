// Tokens at rest: what one connection sealed opens for that connection only, and keys rotate while old ones still read.

import { describe, expect, it } from "vitest";
import { decrypt, encrypt } from "../../../src/kernel/encryption.ts";

function key(id: string, fill: number) {
  return { id, key: Buffer.alloc(32, fill).toString("base64") };
}

const first = key("first", 1);
const second = key("second", 2);

describe("a sealed token", () => {
  it("opens for the connection that it was sealed for", async () => {
    const sealed = await encrypt([first], "con_a", "token");
    expect(sealed).not.toContain("token");
    expect(await decrypt([first], "con_a", sealed)).toBe("token");
  });

  it("does not open once it is moved to another connection", async () => {
    const sealed = await encrypt([first], "con_a", "token");
    expect(await decrypt([first], "con_b", sealed)).toBeNull();
  });

  it("never looks the same twice", async () => {
    expect(await encrypt([first], "con_a", "token")).not.toBe(await encrypt([first], "con_a", "token"));
  });

  it("does not open when any part of it was changed", async () => {
    const sealed = await encrypt([first], "con_a", "a token of some length");
    for (let position = 0; position < sealed.length; position++) {
      const other = sealed[position] === "A" ? "B" : "A";
      const changed = sealed.slice(0, position) + other + sealed.slice(position + 1);
      // The last character of base64url carries bits that are not used; changing only those changes nothing.
      if (position === sealed.length - 1) continue;
      expect(await decrypt([first], "con_a", changed), `position ${position}`).toBeNull();
    }
  });
});

describe("keys that rotate", () => {
  it("go on reading what the old one sealed, and seal with the new one", async () => {
    const old = await encrypt([first], "con_a", "token");
    const ring = [second, first];
    expect(await decrypt(ring, "con_a", old)).toBe("token");
    const renewed = await encrypt(ring, "con_a", "token");
    expect(renewed.startsWith("v1.second.")).toBe(true);
    expect(await decrypt([second], "con_a", renewed)).toBe("token");
  });

  it("leave what only the dropped one opens unreadable, instead of failing", async () => {
    const old = await encrypt([first], "con_a", "token");
    expect(await decrypt([second], "con_a", old)).toBeNull();
  });
});
