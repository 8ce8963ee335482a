// JSON that keeps 64-bit integers. Fitbit's ids are unsigned 64-bit ("Integer IDs", documented) and since 2025 exceed 2^53,
// where JSON.parse rounds without a word. Every integer that a double cannot hold comes out as the text that was sent;
// what a field should be is decided by the schemas, not here.

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

// The language's own library types do not know the reviver's third argument yet; workerd and Node 24 do.
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * Parses JSON; integers beyond ±(2^53 - 1) become the decimal text they were written as.
 * @throws SyntaxError when `text` is not JSON, which includes JSON that was cut.
 */
export function parseJson(text: string): unknown {
  return parseWithSource(text, (_key, value, context) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? (context?.source ?? value)
      : value,
  );
}

/** As `parseJson`, with undefined for what is not JSON. JSON itself has no undefined, so nothing is hidden. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
