// The XML declaration: which version's rules hold, and whether the bytes are in an encoding that we read.
// It is looked at as one string, because it is short and its parts have a fixed order.

export type Declaration =
  | { readonly kind: "valid"; readonly xml11: boolean }
  | { readonly kind: "malformed" }
  | { readonly kind: "unsupported_encoding"; readonly encoding: string };

const value = (name: string) => `(?:"(?<${name}1>[^"]*)"|'(?<${name}2>[^']*)')`;
const pattern = new RegExp(
  `^[ \\t\\r\\n]+version[ \\t\\r\\n]*=[ \\t\\r\\n]*${value("version")}` +
    `(?:[ \\t\\r\\n]+encoding[ \\t\\r\\n]*=[ \\t\\r\\n]*${value("encoding")})?` +
    `(?:[ \\t\\r\\n]+standalone[ \\t\\r\\n]*=[ \\t\\r\\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \\t\\r\\n]*$`,
);

const readable = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

/** Judges what stands between `<?xml` and `?>`. */
export function readDeclaration(body: string): Declaration {
  const groups = pattern.exec(body)?.groups;
  if (groups === undefined) return { kind: "malformed" };
  const version = groups.version1 ?? groups.version2 ?? "";
  if (!/^1\.[0-9]+$/.test(version)) return { kind: "malformed" };
  const encoding = groups.encoding1 ?? groups.encoding2;
  if (encoding !== undefined) {
    if (!/^[A-Za-z][A-Za-z0-9._-]*$/.test(encoding)) return { kind: "malformed" };
    if (!readable.has(encoding.toLowerCase())) return { kind: "unsupported_encoding", encoding };
  }
  return { kind: "valid", xml11: version !== "1.0" };
}
