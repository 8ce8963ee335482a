// The bindings of wrangler.toml and the secrets, as the Worker sees them. Every variable may be missing at run time:
// kernel/configuration.ts is the only reader of text values.

declare namespace Cloudflare {
  interface Env {
    readonly DB: D1Database;
    /** Further databases, when one is full: see db/databases.ts. */
    readonly DB_1?: D1Database;
    readonly DB_2?: D1Database;
    readonly DB_3?: D1Database;
    readonly DOCUMENTS: R2Bucket;
    readonly HINTS: Queue;
    readonly SYNC: Queue;
    readonly ACCOUNT_SYNC: DurableObjectNamespace<import("./sync/account/account-sync.ts").AccountSync>;
    readonly PUBLIC_URL?: string;
    readonly PROVIDERS?: string;
    readonly RETURN_ORIGINS?: string;
    readonly BACKFILL_DAYS?: string;
    readonly SETTLE_MINUTES?: string;
    readonly MAP_TILE_URL?: string;
    readonly MAP_TILE_ATTRIBUTION?: string;
    readonly DATABASE_SLOTS?: string;
    readonly FITBIT_API_URL?: string;
    readonly FITBIT_AUTHORIZE_URL?: string;
    readonly FITBIT_CLIENT_ID?: string;
    readonly FITBIT_CLIENT_SECRET?: string;
    readonly FITBIT_VERIFICATION_CODE?: string;
    readonly GOOGLE_HEALTH_API_URL?: string;
    readonly GOOGLE_OAUTH_URL?: string;
    readonly GOOGLE_HEALTH_KEYSET_URL?: string;
    readonly GOOGLE_CLIENT_ID?: string;
    readonly GOOGLE_CLIENT_SECRET?: string;
    readonly GOOGLE_WEBHOOK_SECRETS?: string;
    readonly API_KEYS?: string;
    readonly TOKEN_KEYS?: string;
    readonly SESSION_SECRET?: string;
    /** Local only: where the simulator's control API answers; its clock is added to ours. */
    readonly SIMULATOR_URL?: string;
  }
  interface GlobalProps {
    mainModule: typeof import("./worker.ts");
    durableNamespaces: "AccountSync";
  }
}

interface Env extends Cloudflare.Env {}
