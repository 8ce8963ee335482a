import { describe, expect, it } from "vitest";
import { createGoogleHealthProvider } from "../../../../src/providers/google-health/google-health.ts";
import { answering, context, fitbit, fitbitError, reply } from "./fake-fitbit.ts";

const fetchAge = async () => {
  if (fitbit.fetchAge === null) throw new Error("Fitbit tells an age");
  return await fitbit.fetchAge(context);
};

describe("the user's age", () => {
  it("is read from the profile, in one call", async () => {
    const sent = answering(() =>
      reply(200, { user: { age: 41, encodedId: "ABC123", dateOfBirth: "1985-01-01" } }),
    );
    expect(await fetchAge()).toMatchObject({ ok: true, value: 41 });
    expect(sent.map(({ url }) => url.pathname)).toEqual(["/1/user/-/profile.json"]);
  });

  it.each([undefined, 0, -3, 130, 999])("is none where the profile says %s", async (age) => {
    answering(() => reply(200, { user: { age } }));
    expect(await fetchAge()).toMatchObject({ ok: true, value: null });
  });

  it.each([{}, { user: { age: "41" } }, []])("fails where the profile cannot be read: %j", async (body) => {
    answering(() => reply(200, body));
    expect(await fetchAge()).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });

  it("is refused without the scope, and no word of the provider's goes on", async () => {
    answering(() => reply(403, fitbitError("insufficient_scope")));
    const answer = await fetchAge();
    expect(answer).toMatchObject({ ok: false, error: { code: "scope_missing" } });
    expect(JSON.stringify(answer)).not.toContain("SECRET-TOKEN");
  });

  it("is nothing that Google tells", () => {
    expect(
      createGoogleHealthProvider({
        apiUrl: "http://127.0.0.1:9",
        oauthUrl: "http://127.0.0.1:9",
        clientId: "client",
        clientSecret: "secret",
      }).fetchAge,
    ).toBeNull();
  });
});
