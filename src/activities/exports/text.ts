// What the text formats share: escaping, and a body that is written as the client reads it. A 10 h activity is a few
// megabytes of XML; only a part of it stands in memory at a time.

/** XML 1.0 knows no way to write these characters, so they are left out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A reader takes a bare one for a line feed (XML 1.0 §2.11).
  "\r": "&#13;",
};

/** Text as the content of an element or the value of an attribute. Half a surrogate pair becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(impossible, "")
    .replace(/[&<>"\r]/g, (character) => entities[character] ?? "");
}

/** A heart rate is a whole number from 1 to 255 in TCX and in GPX. */
export function beat(bpm: number): number {
  return Math.min(255, Math.max(1, Math.round(bpm)));
}

/**
 * A finite number with the digits that it has in the document, never with an exponent: XML schema allows one for some types
 * (xsd:double) and not for others (xsd:decimal), and some readers for none. Of what is less than a millionth, twelve digits behind
 * the point are written: a decimal of more than 24 digits is no number to libxml2.
 */
export function plain(value: number): string {
  const text = String(value);
  const at = text.indexOf("e");
  if (at === -1) return text;
  if (Math.abs(value) < 1)
    return value
      .toFixed(12)
      .replace(/\.?0+$/, "")
      .replace(/^-0$/, "0");
  return String(BigInt(value));
}

/** 180° east is the same meridian as 180° west, and TCX and GPX know it by the second name only. */
export function longitude(degrees: number): string {
  return plain(degrees === 180 ? -180 : degrees);
}

/** How much text is gathered before it is handed on. */
const chunkCharacters = 64 * 1024;

/** The parts as UTF-8, made when the reader asks for more. */
export function streamText(parts: Iterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = parts[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      let text = "";
      while (text.length < chunkCharacters) {
        const next = iterator.next();
        if (next.done === true) {
          if (text !== "") controller.enqueue(encoder.encode(text));
          controller.close();
          return;
        }
        text += next.value;
      }
      controller.enqueue(encoder.encode(text));
    },
    cancel() {
      iterator.return?.();
    },
  });
}
