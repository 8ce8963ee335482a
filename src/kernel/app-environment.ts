// What every HTTP handler finds in its context: the Worker's bindings, and the configuration that the first middleware
// has checked. A handler never parses configuration itself.

import type { ApiKey, Configuration } from "./configuration.ts";

export interface AppEnvironment {
  Bindings: Env;
  Variables: {
    configuration: Configuration;
    /** Set behind `authenticate`, so on every `/v1` route. */
    apiKey: ApiKey;
  };
}
