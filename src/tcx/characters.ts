// Which code points XML allows where (XML 1.0 fifth edition, productions 2 to 4a, and XML 1.1, production 2a).
// Plain comparisons, common cases first: these run for every character outside the fast path.

export const character = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  exclamation: 0x21,
  doubleQuote: 0x22,
  hash: 0x23,
  ampersand: 0x26,
  singleQuote: 0x27,
  plus: 0x2b,
  hyphen: 0x2d,
  point: 0x2e,
  slash: 0x2f,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  semicolon: 0x3b,
  less: 0x3c,
  equals: 0x3d,
  greater: 0x3e,
  question: 0x3f,
  upperT: 0x54,
  upperZ: 0x5a,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  lowerX: 0x78,
  nextLine: 0x85,
  lineSeparator: 0x2028,
  byteOrderMark: 0xfeff,
} as const;

/** White space, after line ends have been made line feeds. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

/** Whether a name may begin with this code point; a colon counts, names are split at it later. */
export function isNameStart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f ||
    code === 0x3a ||
    (code >= 0xc0 &&
      (code <= 0xd6 ||
        (code >= 0xd8 && code <= 0xf6) ||
        (code >= 0xf8 && code <= 0x2ff) ||
        (code >= 0x370 && code <= 0x37d) ||
        (code >= 0x37f && code <= 0x1fff) ||
        code === 0x200c ||
        code === 0x200d ||
        (code >= 0x2070 && code <= 0x218f) ||
        (code >= 0x2c00 && code <= 0x2fef) ||
        (code >= 0x3001 && code <= 0xd7ff) ||
        (code >= 0xf900 && code <= 0xfdcf) ||
        (code >= 0xfdf0 && code <= 0xfffd) ||
        (code >= 0x10000 && code <= 0xeffff)))
  );
}

/** Whether a name may go on with this code point. */
export function isNameCharacter(code: number): boolean {
  return (
    isNameStart(code) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0xb7 ||
    (code >= 0x300 && code <= 0x36f) ||
    code === 0x203f ||
    code === 0x2040
  );
}

/** Whether a document may hold this code point as it is. Surrogates cannot come out of valid UTF-8. */
export function isLiteralCharacter(code: number, xml11: boolean): boolean {
  if (code < 0x20) return code === 0x0a || code === 0x0d || code === 0x09;
  if (code < 0x7f) return true;
  if (xml11 && code <= 0x9f) return code === character.nextLine;
  return code !== 0xfffe && code !== 0xffff;
}

/** Whether `&#…;` may stand for this code point: in XML 1.1 control characters too. */
export function isReferableCharacter(code: number, xml11: boolean): boolean {
  if (code < 0x20) return xml11 ? code >= 1 : code === 0x0a || code === 0x0d || code === 0x09;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
