// The strict XML reader: it proves that the input is well-formed, byte by byte, and says what it passes.
// A state machine instead of a parser with a buffer, so a chunk may end anywhere and nothing is held but the open
// elements and the text somebody asked for; and no recursion, so nesting costs no stack. Strict as saxes with
// `xmlns: true`, with three differences: a DOCTYPE is refused, white space may precede the XML declaration (a known
// exporter writes it), and markup has limits. It knows nothing of TCX.

import { character, isLiteralCharacter, isNameCharacter, isNameStart, isSpace } from "./characters.ts";
import { readDeclaration } from "./declaration.ts";
import { EntityReader, unfinished } from "./entity.ts";
import { malformed, shown, TcxError } from "./errors.ts";
import { NamespaceScope } from "./namespaces.ts";
import { type Attribute, cutMark, grown, keptLimit, StartTag } from "./start-tag.ts";
import { incomplete, invalid, Utf8Reader } from "./utf8.ts";

/** Elements open at once; a TCX file needs about ten. */
const depthLimit = 256;

/** What the reader does until the next tag: keep the innermost element's own text, or not; or hand back control. */
export type Next = "keep" | "skip" | "pause";

export interface ScanHandler {
  open(localName: string, namespace: string, attributes: readonly Attribute[]): Next;
  /** `text` is what was kept last: an element's own text without leading white space, cut at 1,024 characters. */
  close(text: string): Next;
  /** A text ended; bytes `start` to `end - 1` of the present chunk, `start` -1 if they are not in one piece. */
  text(start: number, end: number, blank: boolean): void;
  /** There was a comment, CDATA section, processing instruction or entity. */
  irregular(): void;
}

const inText = 0;
const afterLess = 1;
const afterBang = 2;
const inStartTag = 3;
const inEndTagName = 4;
const afterEndTagName = 5;
const inEntity = 6;
const inComment = 7;
const inCdata = 8;
const beforeTarget = 9;
const inTarget = 10;
const inInstruction = 11;
const inDeclaration = 12;
const afterDeclaration = 13;

const bangKeywords = ["--", "[CDATA[", "DOCTYPE"];

export class XmlScanner {
  readonly #handler: ScanHandler;
  readonly #utf8 = new Utf8Reader();
  readonly #scope = new NamespaceScope();
  readonly #tag = new StartTag();
  readonly #entity = new EntityReader();
  readonly #openNames: string[] = [];

  #state = inText;
  /** Offset of the chunk's first byte in the input, and the byte at hand as an index into the chunk. */
  #base = 0;
  #index = 0;
  #keeping = false;
  #pausing = false;
  #afterCarriageReturn = false;
  #xml11 = false;
  #declarationPossible = true;
  #seenRoot = false;

  // The text between two tags.
  #textIsEmpty = true;
  #textIsBlank = true;
  #textStart = -1;
  #closeBrackets = 0;
  #kept = "";
  #keptIsCut = false;

  // The markup at hand: where its < stands, its name, how much of its end mark has been seen.
  #markupOffset = 0;
  #name = "";
  #ending = 0;

  constructor(handler: ScanHandler) {
    this.#handler = handler;
  }

  /** Whether the last byte ended a tag: nothing of the text that follows has been read. */
  get atTagEnd(): boolean {
    return this.#state === inText && this.#textIsEmpty && this.#seenRoot;
  }

  /**
   * Reads bytes `start` to `end - 1` of a chunk whose first byte is byte `base` of the input. Stops after the tag for
   * which the handler said `pause`.
   *
   * @returns the index of the first byte not read
   * @throws TcxError where the input stops being well-formed
   */
  run(view: DataView, start: number, end: number, base: number): number {
    this.#base = base;
    this.#pausing = false;
    this.#textStart = this.#textIsEmpty ? start : -1;
    let index = start;
    while (index < end && !this.#pausing) {
      this.#index = index;
      const byte = view.getUint8(index++);
      const code = byte < 0x80 && !this.#utf8.pending ? byte : this.#utf8.push(byte);
      if (code === incomplete) continue;
      if (code === invalid || !isLiteralCharacter(code, this.#xml11)) throw this.#refusal(byte, code);
      this.#take(code);
    }
    return index;
  }

  /**
   * Judges the end of an input of `bytes` bytes.
   *
   * @throws TcxError `truncated` if the document is not complete
   */
  finish(bytes: number): void {
    const innermost = this.#openNames.at(-1);
    let problem: string | null = null;
    if (innermost !== undefined) problem = `the input ends inside <${shown(innermost)}>`;
    else if (this.#state !== inText || this.#utf8.pending) problem = "the input ends inside markup";
    else if (!this.#seenRoot) problem = "the input ends before the root element";
    if (problem !== null) throw new TcxError("truncated", problem, bytes);
  }

  get #offset(): number {
    return this.#base + this.#index;
  }

  #refusal(byte: number, code: number): TcxError {
    // UTF-16 shows in its first two bytes: a byte order mark, or "<" beside a zero byte.
    if (this.#offset < 2 && (byte === 0x00 || byte >= 0xfe)) {
      return new TcxError("unsupported_encoding", "the input is not UTF-8", this.#offset);
    }
    if (code === invalid) return malformed("the input is not valid UTF-8", this.#offset);
    return malformed(`the character U+${code.toString(16).padStart(4, "0")} is not allowed`, this.#offset);
  }

  /** Makes every line end a line feed (XML 1.0 §2.11, XML 1.1 §2.11), then lets the state decide. */
  #take(code: number): void {
    const secondHalf = this.#afterCarriageReturn;
    this.#afterCarriageReturn = code === character.carriageReturn;
    if (code === character.carriageReturn || (this.#xml11 && code === character.lineSeparator)) {
      this.#step(character.lineFeed);
    } else if (this.#xml11 && code === character.nextLine) {
      if (!secondHalf) this.#step(character.lineFeed);
    } else if (!secondHalf || code !== character.lineFeed) {
      this.#step(code);
    }
  }

  #step(code: number): void {
    switch (this.#state) {
      case inText:
        this.#textCharacter(code);
        break;
      case afterLess:
        this.#markupStart(code);
        break;
      case afterBang:
        this.#bangCharacter(code);
        break;
      case inStartTag: {
        const progress = this.#tag.push(code, this.#offset, this.#xml11);
        if (progress !== "unfinished") this.#openElement(progress === "empty");
        break;
      }
      case inEndTagName:
        if (isNameCharacter(code)) this.#name = grown(this.#name, code, this.#offset);
        else this.#endTagNameEnded(code);
        break;
      case afterEndTagName:
        this.#endTagNameEnded(code);
        break;
      case inEntity: {
        const referred = this.#entity.push(code, this.#offset, this.#xml11);
        if (referred === unfinished) break;
        this.#handler.irregular();
        this.#state = inText;
        this.#keep(referred);
        break;
      }
      case inComment:
        this.#commentCharacter(code);
        break;
      case inCdata:
        this.#cdataCharacter(code);
        break;
      case beforeTarget:
        if (!isNameStart(code) || code === character.colon) {
          throw malformed("a processing instruction has no name", this.#offset);
        }
        this.#name = String.fromCodePoint(code);
        this.#state = inTarget;
        break;
      case inTarget:
        this.#targetCharacter(code);
        break;
      case inInstruction:
        this.#instructionCharacter(code);
        break;
      case inDeclaration:
        if (code === character.question) this.#state = afterDeclaration;
        else this.#name = grown(this.#name, code, this.#offset);
        break;
      default:
        this.#finishDeclaration(code);
    }
  }

  #textCharacter(code: number): void {
    if (code === character.less) {
      this.#handler.text(this.#textStart, this.#index, this.#textIsBlank);
      this.#markupOffset = this.#offset;
      this.#closeBrackets = 0;
      this.#state = afterLess;
      return;
    }
    this.#textIsEmpty = false;
    const closeBrackets = this.#closeBrackets;
    this.#closeBrackets = code === character.closeBracket ? closeBrackets + 1 : 0;
    if (!isSpace(code)) {
      this.#textIsBlank = false;
      if (this.#openNames.length === 0) {
        // A byte order mark is three bytes, and only at the very start one.
        if (code === character.byteOrderMark && this.#offset === 2) return;
        throw malformed("there is text outside the root element", this.#offset);
      }
      if (code === character.ampersand) {
        this.#entity.start();
        this.#state = inEntity;
        return;
      }
      if (code === character.greater && closeBrackets >= 2)
        throw malformed("the text holds ]]>", this.#offset);
    }
    this.#keep(code);
  }

  #keep(code: number): void {
    if (!this.#keeping) return;
    if (this.#kept.length >= keptLimit) this.#keptIsCut ||= !isSpace(code);
    else if (this.#kept !== "" || !isSpace(code)) this.#kept += String.fromCodePoint(code);
  }

  #markupStart(code: number): void {
    if (code === character.question) {
      this.#state = beforeTarget;
      return;
    }
    this.#declarationPossible = false;
    this.#name = "";
    if (code === character.slash) this.#state = inEndTagName;
    else if (code === character.exclamation) this.#state = afterBang;
    else if (!isNameStart(code)) throw malformed("a < does not begin markup", this.#offset);
    else if (this.#seenRoot && this.#openNames.length === 0) {
      throw malformed("there is a second root element", this.#markupOffset);
    } else {
      this.#tag.begin(code, this.#markupOffset);
      this.#state = inStartTag;
    }
  }

  #openElement(isEmpty: boolean): void {
    if (this.#openNames.length >= depthLimit) {
      throw new TcxError(
        "nesting_too_deep",
        `elements are nested over ${depthLimit} deep`,
        this.#markupOffset,
      );
    }
    this.#seenRoot = true;
    this.#scope.enter();
    const { localName, namespace } = this.#tag.resolve(this.#scope, this.#xml11);
    this.#openNames.push(this.#tag.name);
    const next = this.#handler.open(localName, namespace, this.#tag.attributes);
    if (next === "keep") {
      this.#kept = "";
      this.#keptIsCut = false;
    }
    if (isEmpty) this.#closeElement();
    else this.#startText(next);
  }

  #endTagNameEnded(code: number): void {
    if (isSpace(code)) {
      this.#state = afterEndTagName;
      return;
    }
    if (code !== character.greater) throw malformed("an end tag is malformed", this.#offset);
    const open = this.#openNames.at(-1);
    if (open !== this.#name) {
      const due = open === undefined ? "nothing is open" : `</${shown(open)}> is due`;
      throw malformed(`</${shown(this.#name)}> where ${due}`, this.#markupOffset);
    }
    this.#closeElement();
  }

  #closeElement(): void {
    this.#openNames.pop();
    this.#scope.leave();
    this.#startText(this.#handler.close(this.#keptIsCut ? this.#kept + cutMark : this.#kept));
  }

  #startText(next: Next): void {
    this.#keeping = next === "keep";
    this.#pausing = next === "pause";
    this.#state = inText;
    this.#textIsEmpty = true;
    this.#textIsBlank = true;
    this.#textStart = this.#index + 1;
  }

  /** Back to the text that a comment or the like interrupted; its bytes are no longer in one piece. */
  #resumeText(): void {
    this.#state = inText;
    this.#textIsEmpty = false;
    this.#textStart = -1;
  }

  #bangCharacter(code: number): void {
    this.#name += String.fromCodePoint(code);
    const keyword = this.#name.toUpperCase();
    if (keyword === "DOCTYPE")
      throw new TcxError("doctype_refused", "a DOCTYPE is refused", this.#markupOffset);
    this.#ending = 0;
    if (this.#name === "--") {
      this.#state = inComment;
    } else if (this.#name === "[CDATA[") {
      if (this.#openNames.length === 0) {
        throw malformed("there is text outside the root element", this.#markupOffset);
      }
      this.#state = inCdata;
    } else if (!bangKeywords.some((known) => known.startsWith(keyword))) {
      throw malformed("<! begins neither a comment nor a CDATA section", this.#markupOffset);
    }
  }

  #commentCharacter(code: number): void {
    if (this.#ending < 2) {
      this.#ending = code === character.hyphen ? this.#ending + 1 : 0;
      return;
    }
    if (code !== character.greater) throw malformed("a comment holds --", this.#offset);
    this.#handler.irregular();
    this.#resumeText();
  }

  #cdataCharacter(code: number): void {
    if (code === character.greater && this.#ending === 2) {
      this.#handler.irregular();
      this.#resumeText();
    } else if (code === character.closeBracket) {
      // Of three brackets in a row the first is text.
      if (this.#ending < 2) this.#ending++;
      else this.#keep(code);
    } else {
      for (; this.#ending > 0; this.#ending--) this.#keep(character.closeBracket);
      this.#keep(code);
    }
  }

  #targetCharacter(code: number): void {
    if (isNameCharacter(code) && code !== character.colon) {
      this.#name = grown(this.#name, code, this.#offset);
      return;
    }
    if (code !== character.question && !isSpace(code)) {
      throw malformed("a processing instruction's name is malformed", this.#offset);
    }
    if (this.#name === "xml" && this.#declarationPossible) {
      this.#name = "";
      this.#state = inDeclaration;
      this.#step(code);
      return;
    }
    if (this.#name.toLowerCase() === "xml") {
      throw malformed("an XML declaration is not at the start", this.#markupOffset);
    }
    this.#ending = code === character.question ? 1 : 0;
    this.#state = inInstruction;
  }

  #instructionCharacter(code: number): void {
    if (code === character.greater && this.#ending === 1) {
      this.#declarationPossible = false;
      this.#handler.irregular();
      this.#resumeText();
    }
    this.#ending = code === character.question ? 1 : 0;
  }

  #finishDeclaration(code: number): void {
    const declaration = readDeclaration(this.#name);
    if (code !== character.greater || declaration.kind === "malformed") {
      throw malformed("the XML declaration is malformed", this.#markupOffset);
    }
    if (declaration.kind === "unsupported_encoding") {
      const message = `the encoding ${shown(declaration.encoding)} is not UTF-8`;
      throw new TcxError("unsupported_encoding", message, this.#markupOffset);
    }
    this.#xml11 = declaration.xml11;
    this.#declarationPossible = false;
    this.#resumeText();
  }
}
