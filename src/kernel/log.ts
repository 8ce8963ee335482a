// One structured line an event. The fields are a closed list, none of which can hold a token, a code, a key, a position
// or a mail address, and what looks like a secret all the same is cut out. Nothing in the project writes to console otherwise.

/** What a log line may carry. Ids, codes, counts and durations; never a provider's text, a URL or a body. */
export interface LogFields {
  readonly account?: string;
  readonly connectionId?: string;
  readonly activityId?: string;
  readonly syncRunId?: string;
  readonly deadLetterId?: string;
  readonly kind?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly trigger?: string;
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly attempts?: number;
  readonly count?: number;
  readonly calls?: number;
  readonly bytes?: number;
  readonly durationMilliseconds?: number;
  readonly at?: number;
  readonly names?: readonly string[];
}

export type LogLevel = "info" | "warn" | "error";

const secretLike = /[A-Za-z0-9+/_=.-]{40,}/g;

/** Writes one JSON line. `event` is a stable name such as `sync.ended`. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  const line = JSON.stringify({ level, event, ...fields }, (_key, value: unknown) =>
    typeof value === "string" ? value.replace(secretLike, "[redacted]").slice(0, 300) : value,
  );
  switch (level) {
    case "info":
      console.log(line);
      return;
    case "warn":
      console.warn(line);
      return;
    case "error":
      console.error(line);
      return;
  }
}

/** An exception as log fields: its class and stable code, never its message, which may quote a provider. */
export function describeException(exception: unknown): { code: string; reason: string } {
  if (!(exception instanceof Error)) return { code: "exception", reason: typeof exception };
  // The first frame, and only a frame: a message of several lines (drizzle's holds a statement's parameters) is not for the log.
  const frame = exception.stack?.split("\n").find((line) => /^\s+at \S/.test(line)) ?? "";
  return { code: exception.name, reason: frame.trim().replace(/\(.*[\\/]/, "(") };
}
