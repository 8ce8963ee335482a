// Pages of the portal that belong to nobody: no session, no such page, a form that is not ours, something that went wrong.

import type { Problem } from "../kernel/problem.ts";
import { page } from "../pages/page.tsx";
import type { Session } from "./session.ts";

/** No session, or one that has ended. */
export function signedOutPage(): Promise<Response> {
  return page(
    { title: "You are not signed in here", status: 401 },
    <p>
      These pages open with a link that FitGlue makes for you. It opens them once, and they stay open for 12
      hours in this browser. Please ask FitGlue for a new one.
    </p>,
  );
}

/** Signed out by their own wish. */
export function goodbyePage(): Promise<Response> {
  return page(
    { title: "You are signed out" },
    <p>Syncing goes on as before. To see these pages again, ask FitGlue for a new link.</p>,
  );
}

/** No such page, or another user's. */
export function notFoundPage(): Promise<Response> {
  return page(
    { title: "There is nothing here", status: 404 },
    <p>
      The address is wrong, or what it names is gone. <a href="/portal/connections">Connections</a> and{" "}
      <a href="/portal/history">Activity History</a> show everything that there is.
    </p>,
  );
}

/** Another website's page sent this form. */
export function foreignFormPage(): Promise<Response> {
  return page(
    { title: "Nothing was done", status: 403 },
    <p>This request came from another website's page.</p>,
  );
}

/** A body that no page of ours sends. */
export function foreignEncodingPage(): Promise<Response> {
  return page(
    { title: "Nothing was done", status: 415 },
    <p>These addresses take what the forms of their own pages send, and nothing else.</p>,
  );
}

/** The form belongs to a session that has ended, or to none. */
export function staleFormPage(kind: Session["kind"]): Promise<Response> {
  const [href, name] =
    kind === "user" ? ["/portal/connections", "your connections"] : ["/portal/operator", "the overview"];
  return page(
    { title: "Nothing was done", status: 403 },
    <p>
      This form is out of date. Please go <a href={href}>back to {name}</a> and try again.
    </p>,
  );
}

/** A request that could not be carried out, in the words that programs get too. */
export function problemPage(problem: Problem): Promise<Response> {
  return page(
    { title: "That did not work", status: problem.status },
    <>
      <p>{problem.detail ?? problem.title}</p>
      <p>
        <a href="/portal/connections">Back to your connections</a>
      </p>
    </>,
  );
}

/** Something broke on our side. */
export function brokenPage(): Promise<Response> {
  return page(
    { title: "Something went wrong here", status: 500 },
    <p>It is not your fault, and it has been recorded. Please try again in a few minutes.</p>,
  );
}
