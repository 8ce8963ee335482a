// Takes the TCX out of `{"tcxData":"<?xml …"}` as it streams: a long ride has megabytes, and the whole of them as JSON, as text
// and as bytes at once is what an isolate has no room for. It reads one object, unescapes one of its strings and passes over
// everything else; an envelope that is cut or malformed fails the stream, as a broken connection would.

const field = "tcxData";

const code = (character: string) => character.charCodeAt(0);
const quote = code('"');
const backslash = code("\\");
const comma = code(",");
const braceOpen = code("{");
const braceClose = code("}");

/** What a backslash and one character stand for. */
const shortEscapes: ReadonlyMap<number, number> = new Map([
  [quote, quote],
  [backslash, backslash],
  [code("/"), code("/")],
  [code("b"), 0x08],
  [code("f"), 0x0c],
  [code("n"), 0x0a],
  [code("r"), 0x0d],
  [code("t"), 0x09],
]);

/** What a half of a character becomes whose other half does not come. */
const replacement = 0xfffd;

/** White space and the bytes of a byte order mark: neither an envelope nor XML begins with one of them. */
export function isBlank(byte: number): boolean {
  return [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(byte);
}

/** The envelope's TCX as UTF-8, empty where it has none. */
export function unwrapTcx(envelope: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = new EnvelopeReader();
  return envelope.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const bytes = reader.push(chunk);
        if (bytes.length > 0) controller.enqueue(bytes);
      },
      flush() {
        reader.end();
      },
    }),
  );
}

/** Where in the object the reader stands: `text` is the string that is wanted, `other` a value that is not. */
type Place = "before" | "name-or-end" | "name" | "colon" | "value" | "text" | "other" | "after" | "end";

/** A state machine over bytes. A chunk may end anywhere, inside an escape or a character too. */
export class EnvelopeReader {
  #place: Place = "before";
  #name = "";
  /** Null outside of an escape; then the hexadecimal digits that came, after `\u` at least "". */
  #escape: { digits: string | null } | null = null;
  /** The first half of a character that is written as two escapes. */
  #highSurrogate: number | null = null;
  /** Inside a value that is passed over: how many brackets are open, and whether a string is. */
  #depth = 0;
  #inString = false;

  /** The bytes of the TCX that `chunk` holds. @throws Error when it is no envelope. */
  push(chunk: Uint8Array): Uint8Array {
    const out = new Output(chunk.length);
    let at = 0;
    while (at < chunk.length) {
      const run = this.#place === "text" && this.#escape === null ? plainRun(chunk, at) : at;
      if (run > at) {
        this.#dropHighSurrogate(out);
        out.copy(chunk.subarray(at, run));
        at = run;
      } else {
        this.#step(chunk[at] ?? 0, out);
        at += 1;
      }
    }
    return out.bytes();
  }

  /** @throws Error when the envelope has not ended. */
  end(): void {
    if (this.#place !== "end") throw new Error("The envelope of the TCX ended before its time.");
  }

  #step(byte: number, out: Output): void {
    if (this.#place === "text") this.#inText(byte, out);
    else if (this.#place === "name") this.#inName(byte);
    else if (this.#place === "other") this.#inOther(byte);
    else if (!isBlank(byte)) this.#between(byte);
  }

  /** A byte of the object's own punctuation. */
  #between(byte: number): void {
    if (this.#place === "before" && byte === braceOpen) this.#place = "name-or-end";
    else if (this.#place === "name-or-end" && byte === quote) this.#beginName();
    else if (this.#place === "name-or-end" && byte === braceClose) this.#place = "end";
    else if (this.#place === "colon" && byte === code(":")) this.#place = "value";
    else if (this.#place === "value" && byte === quote && this.#name === field) this.#place = "text";
    else if (this.#place === "value") this.#beginOther(byte);
    else if (this.#place === "after" && byte === comma) this.#place = "name-or-end";
    else if (this.#place === "after" && byte === braceClose) this.#place = "end";
    else throw new Error("The envelope of the TCX is not the JSON it should be.");
  }

  #beginName(): void {
    this.#name = "";
    this.#place = "name";
  }

  /** The name that is wanted has no escape in it; one that has is only read to its end, with the escape's bytes as they are. */
  #inName(byte: number): void {
    if (this.#isStringEnd(byte)) this.#place = "colon";
    else if (this.#name.length <= field.length) this.#name += String.fromCharCode(byte);
  }

  #beginOther(byte: number): void {
    this.#place = "other";
    this.#inOther(byte);
  }

  #inOther(byte: number): void {
    if (this.#inString) {
      if (this.#isStringEnd(byte)) this.#inString = false;
      return;
    }
    const isClosing = byte === braceClose || byte === code("]");
    if (byte === quote) this.#inString = true;
    else if (byte === braceOpen || byte === code("[")) this.#depth += 1;
    else if (this.#depth > 0 && isClosing) this.#depth -= 1;
    else if (this.#depth === 0 && (isClosing || byte === comma)) {
      this.#place = "after";
      this.#between(byte);
    }
  }

  /** Whether this byte of a string that is not wanted is the quote at its end. */
  #isStringEnd(byte: number): boolean {
    if (this.#escape !== null) this.#escape = null;
    else if (byte === backslash) this.#escape = { digits: null };
    else return byte === quote;
    return false;
  }

  #inText(byte: number, out: Output): void {
    if (this.#escape !== null) this.#inEscape(this.#escape, byte, out);
    else if (byte === backslash) this.#escape = { digits: null };
    else {
      // `plainRun` leaves nothing else than the quote.
      this.#dropHighSurrogate(out);
      this.#place = "after";
    }
  }

  #inEscape(open: { digits: string | null }, byte: number, out: Output): void {
    if (open.digits !== null) {
      open.digits += String.fromCharCode(byte);
      if (!/^[0-9A-Fa-f]+$/.test(open.digits))
        throw new Error("The envelope of the TCX has a malformed escape.");
      if (open.digits.length < 4) return;
      this.#escape = null;
      this.#codeUnit(Number.parseInt(open.digits, 16), out);
    } else if (byte === code("u")) open.digits = "";
    else {
      const plain = shortEscapes.get(byte);
      if (plain === undefined) throw new Error("The envelope of the TCX has a malformed escape.");
      this.#escape = null;
      this.#dropHighSurrogate(out);
      out.byte(plain);
    }
  }

  /** One UTF-16 code unit, as `\u` writes it. */
  #codeUnit(unit: number, out: Output): void {
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    const high = this.#highSurrogate;
    if (isLow && high !== null) {
      this.#highSurrogate = null;
      out.character(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      return;
    }
    this.#dropHighSurrogate(out);
    if (unit >= 0xd800 && unit <= 0xdbff) this.#highSurrogate = unit;
    else out.character(isLow ? replacement : unit);
  }

  #dropHighSurrogate(out: Output): void {
    if (this.#highSurrogate === null) return;
    this.#highSurrogate = null;
    out.character(replacement);
  }
}

/** The end of the bytes from `from` on that stand for themselves. */
function plainRun(chunk: Uint8Array, from: number): number {
  let end = from;
  while (end < chunk.length && chunk[end] !== quote && chunk[end] !== backslash) end += 1;
  return end;
}

/** Bytes written one after the other. What escapes stand for is shorter than they are. */
class Output {
  readonly #buffer: Uint8Array;
  #length = 0;

  constructor(chunkLength: number) {
    // An escape that began in the chunk before, and half a character before it, are not in this chunk's length.
    this.#buffer = new Uint8Array(chunkLength + 8);
  }

  byte(value: number): void {
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  copy(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  character(point: number): void {
    this.copy(new TextEncoder().encode(String.fromCodePoint(point)));
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
