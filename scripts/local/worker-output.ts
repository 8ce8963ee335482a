// What wrangler prints, told apart: the Worker's own log lines (one JSON object a line, src/kernel/log.ts), errors, and the
// rest, which is kept only to be shown when something fails.

export type OutputKind = "worker" | "error" | "noise";

export interface OutputLine {
  readonly kind: OutputKind;
  readonly text: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character.
const colours = /\u001b\[[0-9;]*m/g;

/** Tells what a line of wrangler's output is; the Worker's own come back as `12:00:01 info sync.ended calls=3`. */
export function readOutputLine(line: string, now: Date): OutputLine {
  const text = line.replace(colours, "").trimEnd();
  const entry = parseLogLine(text);
  if (entry !== null) {
    const fields = Object.entries(entry.fields).map(([name, value]) => `${name}=${formatValue(value)}`);
    const time = now.toTimeString().slice(0, 8);
    return { kind: "worker", text: [time, entry.level.padEnd(5), entry.event, ...fields].join(" ") };
  }
  // The lines of a stack belong to the error above them.
  if (/\[(ERROR|wrangler:error)\]|^\s*Uncaught |^\w*Error: |^\s+at /.test(text))
    return { kind: "error", text };
  return { kind: "noise", text };
}

function parseLogLine(
  text: string,
): { level: string; event: string; fields: Record<string, unknown> } | null {
  const start = text.indexOf('{"level":');
  if (start < 0) return null;
  try {
    const value: unknown = JSON.parse(text.slice(start));
    if (typeof value !== "object" || value === null || !("level" in value) || !("event" in value))
      return null;
    const { level, event, ...fields } = value;
    return { level: String(level), event: String(event), fields };
  } catch {
    return null;
  }
}

function formatValue(value: unknown): string {
  return typeof value === "string" && !value.includes(" ") ? value : JSON.stringify(value);
}

/** Cuts a stream of text into lines; `flush` gives what is left without a line end. */
export class LineSplitter {
  #rest = "";

  push(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  flush(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}
