// What the Connections page says at its top after something was done, by a word in its address. The words are a closed set:
// an address that somebody made up can choose among these sentences and add nothing to them.

import { providerTitles, scopeCosts } from "../pages/words.ts";
import type { UserOverview } from "./connection-overview.ts";

const sentences = {
  sync: "A sync has been asked for. What comes of it shows below and in Activity History.",
  backfill:
    "The import has been asked for. It goes on by itself behind new activities, also when you leave this page.",
  disconnected: "Disconnected. What was synced stays until you erase it.",
  erased: "Your data of this connection is being erased: activities are gone now, the rest within minutes.",
} as const;

export type Done = keyof typeof sentences;

/** What connecting came to, as the callback returns it. */
const outcomes = {
  denied: "Nothing was connected: you said no at the provider. You can try again at any time.",
  held: "Nothing was connected: another FitGlue user has connected this account.",
  failed: "Nothing was connected: it did not work at the provider. Please try again.",
} as const;

/** The notice, or nothing. `query` reads a parameter of the page's address. */
export function ConnectionNotice({
  query,
  overview,
}: {
  query: (name: string) => string | undefined;
  overview: UserOverview;
}) {
  const done = query("done");
  if (done !== undefined && Object.hasOwn(sentences, done)) {
    return <Notice>{sentences[done as Done]}</Notice>;
  }
  const status = query("status");
  if (status === "connected") return <Connected id={query("connectionId")} overview={overview} />;
  if (status !== undefined && Object.hasOwn(outcomes, status)) {
    return <Notice isBad>{outcomes[status as keyof typeof outcomes]}</Notice>;
  }
  return null;
}

function Connected({ id, overview }: { id: string | undefined; overview: UserOverview }) {
  const found = overview.living.find(({ connection }) => connection.id === id);
  if (found === undefined || found.connection.status !== "active") return null;
  const title = providerTitles[found.connection.provider];
  if (found.missingScopes.includes("activity")) {
    return (
      <Notice isBad>
        {title} is connected, but you did not allow it to share activities, so none can come. Reconnect to
        change that.
      </Notice>
    );
  }
  return (
    <Notice>
      {title} is connected: new activities come by themselves from now on. Older ones come when you import
      history.
      {found.missingScopes.length === 0
        ? ""
        : ` You left out: ${found.missingScopes.map((scope) => scopeCosts[scope].title).join(", ")}.`}
    </Notice>
  );
}

function Notice({ children, isBad = false }: { children?: unknown; isBad?: boolean }) {
  return (
    <p class={isBad ? "notice bad" : "notice"} role="status">
      {children}
    </p>
  );
}
