// Why a run ended or waits, as a person reads it in Activity History.

import { expect, it } from "vitest";
import { haltOf, waitOf } from "../../src/sync/runs.ts";

it("a run that ended with its connection says which end that was, and sends nobody to reconnect a service that is gone", () => {
  expect(haltOf("needs_reauthorization").message).toBe("The provider did not let us in any more.");
  expect(haltOf("provider_gone").message).toBe("The provider has switched its service off.");
  expect(haltOf("revocation_pending").message).toBe("The connection was ended before this was done.");
});

it("a run that waits says for what", () => {
  const wait = { kind: "waiting", until: 0 } as const;
  expect(waitOf({ ...wait, waitsFor: "calls" }).message).toContain("call limit");
  expect(waitOf({ ...wait, waitsFor: "token" }).message).toContain("access");
});
