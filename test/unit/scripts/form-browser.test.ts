import { describe, expect, it } from "vitest";
import { readForms } from "../../../scripts/demo/form-browser.ts";

describe("the forms that the demo's browser sees", () => {
  it("keeps hidden fields, and leaves boxes and buttons to whoever fills the form in", () => {
    const html = `<form action="/oauth2/authorize?x=1&amp;y=2" method=post>
      <input type="hidden" name="state" value="a &quot;b&quot; &#x26; c"><input name=empty>
      <input type="checkbox" name="scope" value="activity" checked><input type="checkbox" name="scope" value="location">
      <select name="account"><option value="AB12CD">one</option></select>
      <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>`;
    const [form] = readForms(html, "http://127.0.0.1:8788/page");
    expect(form).toMatchObject({ action: "/oauth2/authorize?x=1&y=2", method: "POST" });
    expect(form?.fields).toEqual([
      ["state", 'a "b" & c'],
      ["empty", ""],
    ]);
    expect(Object.fromEntries(form?.choices ?? [])).toEqual({
      scope: ["activity", "location"],
      account: ["AB12CD"],
      decision: ["allow", "deny"],
    });
  });
});
