// Reads the feed as FitGlue's backend does: keeps the page token, asks again, sees each revision once. It notes when each
// activity first appeared, which is where the demo's "seconds from push to feed" come from.

import type { ActivityDocument, FeedActivity } from "../../src/activities/document.ts";
import type { HttpClient } from "./http-client.ts";

interface FeedPage {
  readonly changes: readonly (
    | {
        readonly change: "upsert";
        readonly activity: FeedActivity | ActivityDocument;
        readonly origin: string;
      }
    | { readonly change: "delete"; readonly activity: { readonly id: string } }
  )[];
  readonly nextPageToken: string;
  readonly hasMore: boolean;
}

export interface SeenActivity {
  readonly activity: FeedActivity | ActivityDocument;
  readonly origin: string;
  /** Epoch milliseconds at which this program first read any revision of it. */
  readonly firstSeenAt: number;
  readonly revisionsSeen: number;
}

export class FeedFollower {
  readonly #worker: HttpClient;
  readonly #query: string;
  readonly #seen = new Map<string, SeenActivity>();
  #pageToken: string | null = null;

  /** @param query further parameters of `/v1/activities`, such as `include=standardizedActivity`. */
  constructor(worker: HttpClient, query = "") {
    this.#worker = worker;
    this.#query = query;
  }

  /** Every activity that stands, by its id. */
  get seen(): ReadonlyMap<string, SeenActivity> {
    return this.#seen;
  }

  /** The activity that a provider's id stands for, as far as it was read. */
  find(sourceActivityId: string): SeenActivity | undefined {
    return [...this.#seen.values()].find((entry) => entry.activity.sourceActivityId === sourceActivityId);
  }

  /** Reads what is new. */
  async read(): Promise<void> {
    for (;;) {
      const parameters = new URLSearchParams(this.#query);
      if (this.#pageToken !== null) parameters.set("pageToken", this.#pageToken);
      const page = await this.#worker.get<FeedPage>(`/v1/activities?${parameters}`);
      for (const change of page.changes) {
        if (change.change === "delete") {
          this.#seen.delete(change.activity.id);
          continue;
        }
        const known = this.#seen.get(change.activity.id);
        this.#seen.set(change.activity.id, {
          activity: change.activity,
          origin: known?.origin ?? change.origin,
          firstSeenAt: known?.firstSeenAt ?? Date.now(),
          revisionsSeen: (known?.revisionsSeen ?? 0) + 1,
        });
      }
      this.#pageToken = page.nextPageToken;
      if (!page.hasMore) return;
    }
  }

  /** Polls until every source id has been seen, or the time is up; answers the ids that are missing. */
  async waitFor(sourceActivityIds: readonly string[], withinMilliseconds: number): Promise<string[]> {
    const missing = () => sourceActivityIds.filter((id) => this.find(id) === undefined);
    await this.waitUntil(() => missing().length === 0, withinMilliseconds);
    return missing();
  }

  /** Polls until something holds of what was seen, or the time is up; answers whether it holds. */
  async waitUntil(holds: () => boolean, withinMilliseconds: number): Promise<boolean> {
    const deadline = Date.now() + withinMilliseconds;
    for (;;) {
      await this.read();
      if (holds()) return true;
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
