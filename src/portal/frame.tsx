// The frame of a signed-in user's pages: navigation, the way out, and where forms may lead.

import type { Child } from "hono/jsx";
import { type PageOptions, page } from "../pages/page.tsx";
import type { UserHandling } from "./environment.ts";
import { formTokenField } from "./form-token.ts";

export type Place = "connections" | "history";

const places: Readonly<Record<Place, { path: string; title: string }>> = {
  connections: { path: "/portal/connections", title: "Connections" },
  history: { path: "/portal/history", title: "Activity History" },
};

/** A page of the signed-in user. Its forms lead to this Worker, and to `formTargets` besides. */
export function portalPage(
  c: UserHandling,
  options: PageOptions & { readonly place: Place | null },
  content: Child,
): Promise<Response> {
  const { place, formTargets, ...rest } = options;
  return page(
    {
      ...rest,
      formTargets: ["'self'", ...(formTargets ?? [])],
      navigation: <Navigation place={place} userId={c.var.session.userId} formToken={c.var.formToken} />,
    },
    content,
  );
}

/** The hidden field that every form of a session carries. */
export function FormToken({ value }: { value: string }) {
  return <input type="hidden" name={formTokenField} value={value} />;
}

function Navigation({
  place,
  userId,
  formToken,
}: {
  place: Place | null;
  userId: string;
  formToken: string;
}) {
  return (
    <header class="bar">
      <span class="brand">FitGlue Fitbit source</span>
      <nav aria-label="Pages">
        <ul>
          {(["connections", "history"] as const).map((name) => (
            <li>
              <a href={places[name].path} aria-current={name === place ? "page" : undefined}>
                {places[name].title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <form method="post" action="/portal/sign-out">
        <span class="quiet">{userId}</span>
        <FormToken value={formToken} />
        <button type="submit" class="plain">
          Sign out
        </button>
      </form>
    </header>
  );
}
