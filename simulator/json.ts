// JSON text in which a bigint is a bare integer. Fitbit's log ids are unsigned 64-bit integers without quotes
// ("Data types", dev.fitbit.com; blog of 2025-09-26) and exceed 2^53, so `JSON.stringify` of a number would damage them.

export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** JSON text; keys whose value is undefined are left out, a bigint is written as an integer. */
export function jsonText(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => jsonText(item)).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${jsonText(member)}`);
  }
  return `{${members.join(",")}}`;
}

/** An answer with a JSON body. */
export function jsonResponse(status: number, value: Json, headers: Record<string, string> = {}): Response {
  return new Response(jsonText(value), {
    status,
    headers: { "content-type": "application/json;charset=UTF-8", ...headers },
  });
}
