// The strict XML reader: it proves that the input is well-formed, byte by byte, and says what it passes.
// A state machine instead of a parser with a buffer, so a chunk may end anywhere and nothing is held but the open
// elements and the text somebody asked for; and no recursion, so nesting costs no stack. Strict as saxes with
// `xmlns: true`, with three differences: a DOCTYPE is refused, white space may precede the XML declaration (a known
// exporter writes it), and markup has limits. It knows nothing of TCX.

import {
  character,
  isLiteralCharacter,
  isNameCharacter,
  isNameStart,
  isReferableCharacter,
  isSpace,
} from "./characters.ts";
import { readDeclaration } from "./declaration.ts";
import { TcxError, type TcxErrorCode } from "./errors.ts";
import {
  bindingProblem,
  declaredPrefix,
  NamespaceScope,
  type QualifiedName,
  splitName,
} from "./namespaces.ts";
import { incomplete, invalid, Utf8Reader } from "./utf8.ts";

/** Elements open at once; a TCX file needs about ten. */
const depthLimit = 256;
/** Characters of one name. */
const nameLimit = 1_024;
/** Characters of names and kept values in one start tag. */
const tagLimit = 65_536;
/** Characters kept of a text or an attribute value; what is longer goes on to be checked, but is kept cut. */
const keptLimit = 1_024;
/** Ends what was cut, so that it can never pass for a number or a time. */
const cutMark = "…";

export interface Attribute extends QualifiedName {
  /** White space normalized, entities decoded, cut at 1,024 characters. */
  readonly value: string;
}

/** What the reader does until the next tag: keep the innermost element's own text, or not; or hand back control. */
export type Next = "keep" | "skip" | "pause";

export interface ScanHandler {
  open(localName: string, namespace: string, attributes: readonly Attribute[]): Next;
  /** `text` is what was kept: an element's own text without leading white space, cut at 1,024 characters. */
  close(text: string): Next;
  /** A text ended; bytes `start` to `end - 1` of the present chunk, `start` -1 if it began in an earlier one. */
  text(start: number, end: number, blank: boolean): void;
  /** There was a comment, CDATA section, processing instruction or entity. */
  irregular(): void;
}

const inText = 0;
const afterLess = 1;
const afterBang = 2;
const inTagName = 3;
const inTag = 4;
const inAttributeName = 5;
const afterAttributeName = 6;
const beforeValue = 7;
const inValue = 8;
const afterValue = 9;
const afterTagSlash = 10;
const inEndTagName = 11;
const afterEndTagName = 12;
const inEntity = 13;
const inComment = 14;
const inCdata = 15;
const beforeTarget = 16;
const inTarget = 17;
const inInstruction = 18;
const inDeclaration = 19;
const afterDeclaration = 20;

const entities: Readonly<Record<string, number>> = { amp: 0x26, lt: 0x3c, gt: 0x3e, quot: 0x22, apos: 0x27 };
const bangKeywords = ["--", "[CDATA[", "DOCTYPE"];

export class XmlScanner {
  readonly #handler: ScanHandler;
  readonly #utf8 = new Utf8Reader();
  readonly #scope = new NamespaceScope();
  readonly #openNames: string[] = [];

  #state = inText;
  #base = 0;
  #index = 0;
  #next: Next = "skip";
  #afterCarriageReturn = false;
  #xml11 = false;
  #declarationPossible = true;
  #seenRoot = false;

  // The text between two tags.
  #runIsEmpty = true;
  #runIsBlank = true;
  #runStart = -1;
  #closeBrackets = 0;
  #kept = "";
  #keptIsCut = false;

  // The tag, entity, comment or instruction at hand.
  #markupOffset = 0;
  #name = "";
  #attributes: Attribute[] = [];
  #attributeName = "";
  #tagSize = 0;
  #quote = 0;
  #value = "";
  #valueIsCut = false;
  #entity = "";
  #entityCode = -1;
  #entityReturn = inText;
  #ending = 0;

  constructor(handler: ScanHandler) {
    this.#handler = handler;
  }

  /** Whether the last byte ended a tag: nothing of the text that follows has been read. */
  get atTagEnd(): boolean {
    return this.#state === inText && this.#runIsEmpty && this.#seenRoot;
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
    this.#runStart = this.#runIsEmpty ? start : -1;
    this.#next = this.#next === "pause" ? "skip" : this.#next;
    let index = start;
    while (index < end) {
      this.#index = index;
      const byte = view.getUint8(index++);
      const code = byte < 0x80 && !this.#utf8.pending ? byte : this.#utf8.push(byte);
      if (code === incomplete) continue;
      if (code === invalid || !isLiteralCharacter(code, this.#xml11)) this.#refuseCharacter(byte, code);
      this.#take(code);
      if (this.#next === "pause") break;
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
    else if (!this.#seenRoot) problem = "the input ends before the root element";
    else if (this.#state !== inText || this.#utf8.pending) problem = "the input ends inside markup";
    if (problem !== null) throw new TcxError("truncated", problem, bytes);
  }

  #fail(code: TcxErrorCode, message: string, offset = this.#base + this.#index): never {
    throw new TcxError(code, message, offset);
  }

  #malformed(message: string, offset = this.#base + this.#index): never {
    return this.#fail("malformed", message, offset);
  }

  #refuseCharacter(byte: number, code: number): never {
    // UTF-16 shows in its first two bytes: a byte order mark, or "<" with a zero byte.
    const offset = this.#base + this.#index;
    if (offset < 2 && (byte === 0x00 || byte >= 0xfe))
      this.#fail("unsupported_encoding", "the input is not UTF-8");
    if (code === invalid) this.#malformed("the input is not valid UTF-8");
    this.#malformed(`character U+${code.toString(16).toUpperCase().padStart(4, "0")} is not allowed`);
  }

  /** Makes every line end a line feed (XML 1.0 §2.11, XML 1.1 §2.11), then lets the state decide. */
  #take(code: number): void {
    if (code === character.carriageReturn) {
      this.#afterCarriageReturn = true;
      this.#step(character.lineFeed);
      return;
    }
    const secondHalf = this.#afterCarriageReturn;
    this.#afterCarriageReturn = false;
    if (this.#xml11 && (code === character.nextLine || code === character.lineSeparator)) {
      if (!secondHalf || code === character.lineSeparator) this.#step(character.lineFeed);
    } else if (!secondHalf || code !== character.lineFeed) this.#step(code);
  }

  #step(code: number): void {
    switch (this.#state) {
      case inText:
        return this.#textCharacter(code);
      case afterLess:
        return this.#markupStart(code);
      case afterBang:
        return this.#bangCharacter(code);
      case inTagName:
        return this.#tagNameCharacter(code);
      case inTag:
        return this.#tagCharacter(code);
      case inAttributeName:
        if (isNameCharacter(code)) this.#attributeName = this.#grow(this.#attributeName, code);
        else this.#afterAttributeName(code);
        return;
      case afterAttributeName:
        return this.#afterAttributeName(code);
      case beforeValue:
        if (code === character.doubleQuote || code === character.singleQuote) {
          this.#quote = code;
          this.#state = inValue;
        } else if (!isSpace(code)) this.#malformed("an attribute value is not quoted");
        return;
      case inValue:
        return this.#valueCharacter(code);
      case afterValue:
        if (isSpace(code)) this.#state = inTag;
        else if (code === character.greater || code === character.slash) this.#tagCharacter(code);
        else this.#malformed("white space is missing between attributes");
        return;
      case afterTagSlash:
        if (code !== character.greater) this.#malformed("a slash in a tag is not followed by >");
        return this.#finishStartTag(true);
      case inEndTagName:
        if (isNameCharacter(code)) this.#name = this.#grow(this.#name, code);
        else this.#afterEndTagName(code);
        return;
      case afterEndTagName:
        return this.#afterEndTagName(code);
      case inEntity:
        return this.#entityCharacter(code);
      case inComment:
        return this.#commentCharacter(code);
      case inCdata:
        return this.#cdataCharacter(code);
      case beforeTarget:
        if (!isNameStart(code) || code === character.colon)
          this.#malformed("a processing instruction has no name");
        this.#name = String.fromCodePoint(code);
        this.#state = inTarget;
        return;
      case inTarget:
        return this.#targetCharacter(code);
      case inInstruction:
        return this.#instructionCharacter(code);
      case inDeclaration:
        if (code === character.question) this.#state = afterDeclaration;
        else this.#name = this.#grow(this.#name, code);
        return;
      default:
        return this.#finishDeclaration(code);
    }
  }

  #grow(name: string, code: number): string {
    if (name.length >= nameLimit) this.#fail("too_large", `a name is longer than ${nameLimit} characters`);
    return name + String.fromCodePoint(code);
  }

  // ---- text ----

  #textCharacter(code: number): void {
    if (code === character.less) {
      this.#handler.text(this.#runStart, this.#index, this.#runIsBlank);
      this.#markupOffset = this.#base + this.#index;
      this.#closeBrackets = 0;
      this.#state = afterLess;
      return;
    }
    this.#runIsEmpty = false;
    if (isSpace(code)) this.#closeBrackets = 0;
    else this.#nonBlankCharacter(code);
    if (this.#state === inText && this.#next === "keep") this.#keep(code);
  }

  #nonBlankCharacter(code: number): void {
    this.#runIsBlank = false;
    const isMark = code === character.byteOrderMark && this.#base + this.#index === 2;
    if (this.#openNames.length === 0) {
      if (isMark) return;
      this.#malformed("there is text outside the root element");
    }
    if (code === character.ampersand) {
      this.#startEntity(inText);
    } else if (code === character.closeBracket) {
      this.#closeBrackets++;
      return;
    } else if (code === character.greater && this.#closeBrackets >= 2) {
      this.#malformed("the text holds ]]>");
    }
    this.#closeBrackets = 0;
  }

  #keep(code: number): void {
    if (this.#kept.length < keptLimit) {
      if (this.#kept !== "" || !isSpace(code)) this.#kept += String.fromCodePoint(code);
    } else if (!isSpace(code)) this.#keptIsCut = true;
  }

  #startRun(): void {
    this.#state = inText;
    this.#runIsEmpty = true;
    this.#runIsBlank = true;
    this.#runStart = this.#index + 1;
  }

  // ---- markup that is neither tag nor text ----

  #markupStart(code: number): void {
    if (code === character.question) {
      this.#state = beforeTarget;
      return;
    }
    this.#declarationPossible = false;
    if (code === character.slash) {
      this.#name = "";
      this.#state = inEndTagName;
    } else if (code === character.exclamation) {
      this.#name = "";
      this.#state = afterBang;
    } else if (isNameStart(code)) {
      if (this.#openNames.length === 0 && this.#seenRoot)
        this.#malformed("there is a second root element", this.#markupOffset);
      this.#name = String.fromCodePoint(code);
      this.#state = inTagName;
    } else this.#malformed("a < does not begin markup");
  }

  #bangCharacter(code: number): void {
    this.#name += String.fromCodePoint(code);
    if (this.#name.toUpperCase() === "DOCTYPE")
      this.#fail("doctype_refused", "a DOCTYPE is refused", this.#markupOffset);
    if (this.#name === "--") {
      this.#ending = 0;
      this.#state = inComment;
    } else if (this.#name === "[CDATA[") {
      if (this.#openNames.length === 0)
        this.#malformed("there is text outside the root element", this.#markupOffset);
      this.#ending = 0;
      this.#state = inCdata;
    } else if (!bangKeywords.some((keyword) => keyword.startsWith(this.#name.toUpperCase()))) {
      this.#malformed("<! begins neither a comment nor a CDATA section");
    }
  }

  /** `#ending` counts the characters of the end mark that have been seen. */
  #commentCharacter(code: number): void {
    if (this.#ending === 2) {
      if (code !== character.greater) this.#malformed("a comment holds --");
      this.#handler.irregular();
      this.#resumeText();
    } else this.#ending = code === character.hyphen ? this.#ending + 1 : 0;
  }

  #cdataCharacter(code: number): void {
    if (code === character.closeBracket) {
      // Of three brackets the first is text.
      if (this.#ending < 2) this.#ending++;
      else this.#keepIfAsked(character.closeBracket);
    } else if (code === character.greater && this.#ending === 2) {
      this.#handler.irregular();
      this.#resumeText();
    } else {
      for (; this.#ending > 0; this.#ending--) this.#keepIfAsked(character.closeBracket);
      this.#keepIfAsked(code);
    }
  }

  #keepIfAsked(code: number): void {
    if (this.#next === "keep") this.#keep(code);
  }

  #targetCharacter(code: number): void {
    if (isNameCharacter(code) && code !== character.colon) {
      this.#name = this.#grow(this.#name, code);
      return;
    }
    if (code !== character.question && !isSpace(code))
      this.#malformed("a processing instruction's name is malformed");
    if (this.#name === "xml" && this.#declarationPossible) {
      this.#name = "";
      this.#state = inDeclaration;
      this.#step(code);
      return;
    }
    if (this.#name.toLowerCase() === "xml")
      this.#malformed("an XML declaration is not at the start", this.#markupOffset);
    this.#ending = code === character.question ? 1 : 0;
    this.#state = inInstruction;
  }

  #instructionCharacter(code: number): void {
    if (code === character.question) this.#ending = 1;
    else if (code === character.greater && this.#ending === 1) {
      this.#declarationPossible = false;
      this.#handler.irregular();
      this.#resumeText();
    } else this.#ending = 0;
  }

  #finishDeclaration(code: number): void {
    const declaration = readDeclaration(this.#name);
    if (code !== character.greater || declaration.kind === "malformed") {
      this.#malformed("the XML declaration is malformed", this.#markupOffset);
    } else if (declaration.kind === "unsupported_encoding") {
      this.#fail(
        "unsupported_encoding",
        `the encoding ${shown(declaration.encoding)} is not UTF-8`,
        this.#markupOffset,
      );
    } else {
      this.#xml11 = declaration.xml11;
      this.#declarationPossible = false;
      this.#resumeText();
    }
  }

  /** Back to the text that a comment or the like interrupted: not a new run, its bytes are no longer in one piece. */
  #resumeText(): void {
    this.#state = inText;
    this.#runIsEmpty = false;
    this.#runStart = -1;
  }

  #startEntity(returnTo: number): void {
    this.#entity = "";
    this.#entityCode = -1;
    this.#entityReturn = returnTo;
    this.#state = inEntity;
  }

  #entityCharacter(code: number): void {
    if (code !== character.semicolon) {
      this.#growEntity(code);
      return;
    }
    const referred = this.#entity.startsWith("#") ? this.#entityCode : (entities[this.#entity] ?? -1);
    if (referred < 0 || !isReferableCharacter(referred, this.#xml11))
      this.#malformed("an entity is not defined");
    this.#state = this.#entityReturn;
    if (this.#state === inValue) this.#keepValue(referred);
    else {
      this.#handler.irregular();
      this.#keepIfAsked(referred);
    }
  }

  /** Names are kept up to their length; a number of any length is reckoned as it comes. */
  #growEntity(code: number): void {
    if (this.#entity === "#" && this.#entityCode === -1 && code === character.lowerX) {
      this.#entity = "#x";
    } else if (this.#entity.startsWith("#")) {
      const radix = this.#entity === "#x" ? 16 : 10;
      const digit = code < 0x80 ? Number.parseInt(String.fromCharCode(code), radix) : Number.NaN;
      if (Number.isNaN(digit)) this.#malformed("a character reference is malformed");
      this.#entityCode = Math.min(Math.max(this.#entityCode, 0) * radix + digit, 0x110000);
    } else {
      this.#entity += String.fromCodePoint(code);
      if (this.#entity.length > 4) this.#malformed("an entity is not defined");
    }
  }

  // ---- tags ----

  #tagNameCharacter(code: number): void {
    if (isNameCharacter(code)) {
      this.#name = this.#grow(this.#name, code);
      return;
    }
    this.#attributes = [];
    this.#tagSize = this.#name.length;
    if (code === character.greater || code === character.slash || isSpace(code)) this.#tagCharacter(code);
    else this.#malformed("a tag's name is malformed");
  }

  #tagCharacter(code: number): void {
    if (code === character.greater) this.#finishStartTag(false);
    else if (code === character.slash) this.#state = afterTagSlash;
    else if (isSpace(code)) this.#state = inTag;
    else if (isNameStart(code)) {
      this.#attributeName = String.fromCodePoint(code);
      this.#state = inAttributeName;
    } else this.#malformed("an attribute's name is malformed");
  }

  #afterAttributeName(code: number): void {
    if (code === character.equals) {
      this.#value = "";
      this.#valueIsCut = false;
      this.#state = beforeValue;
    } else if (isSpace(code)) this.#state = afterAttributeName;
    else this.#malformed("an attribute has no value");
  }

  #valueCharacter(code: number): void {
    if (code === this.#quote) this.#finishAttribute();
    else if (code === character.less) this.#malformed("an attribute value holds <");
    else if (code === character.ampersand) this.#startEntity(inValue);
    else this.#keepValue(isSpace(code) ? character.space : code);
  }

  #keepValue(code: number): void {
    if (this.#value.length < keptLimit) this.#value += String.fromCodePoint(code);
    else this.#valueIsCut = true;
  }

  #finishAttribute(): void {
    const name = splitName(this.#attributeName);
    if (name === null) this.#malformed("an attribute's name is malformed");
    if (this.#valueIsCut && declaredPrefix(name) !== null) this.#fail("too_large", "a namespace is too long");
    this.#tagSize += this.#attributeName.length + this.#value.length;
    if (this.#tagSize > tagLimit) this.#fail("too_large", "a tag has too many attributes");
    this.#attributes.push({ ...name, value: this.#valueIsCut ? this.#value + cutMark : this.#value });
    this.#state = afterValue;
  }

  #finishStartTag(closesItself: boolean): void {
    if (this.#openNames.length >= depthLimit) {
      this.#fail("nesting_too_deep", `elements are nested more than ${depthLimit} deep`, this.#markupOffset);
    }
    this.#seenRoot = true;
    this.#scope.enter();
    const element = this.#resolveTag();
    this.#openNames.push(this.#name);
    this.#next = this.#handler.open(element.local, element.namespace, this.#attributes);
    if (this.#next === "keep") {
      this.#kept = "";
      this.#keptIsCut = false;
    }
    if (closesItself) this.#closeInnermost();
    else this.#startRun();
  }

  /** Binds what the tag declares, then finds the element's namespace and makes sure no attribute comes twice. */
  #resolveTag(): { local: string; namespace: string } {
    const name = splitName(this.#name);
    if (name === null) this.#malformed("a tag's name is malformed", this.#markupOffset);
    for (const attribute of this.#attributes) {
      const prefix = declaredPrefix(attribute);
      if (prefix === null) continue;
      const namespace = attribute.value.trim();
      const problem = bindingProblem(prefix, namespace, this.#xml11);
      if (problem !== null) this.#malformed(problem, this.#markupOffset);
      this.#scope.bind(prefix, namespace);
    }
    const namespace = this.#scope.resolve(name.prefix) ?? "";
    if (name.prefix !== "" && (namespace === "" || name.prefix === "xmlns")) {
      this.#malformed(`the prefix ${shown(name.prefix)} is not declared`, this.#markupOffset);
    }
    if (this.#attributes.length > 0) this.#refuseRepeatedAttributes();
    return { local: name.local, namespace };
  }

  #refuseRepeatedAttributes(): void {
    const seen = new Set<string>();
    for (const { prefix, local } of this.#attributes) {
      const namespace = prefix === "" ? "" : this.#scope.resolve(prefix);
      if (namespace === undefined) {
        this.#malformed(`the prefix ${shown(prefix)} is not declared`, this.#markupOffset);
      }
      const expanded = prefix === "" ? local : `{${namespace}}${local}`;
      if (seen.has(expanded))
        this.#malformed(`the attribute ${shown(local)} comes twice`, this.#markupOffset);
      seen.add(expanded);
    }
  }

  #afterEndTagName(code: number): void {
    if (isSpace(code)) this.#state = afterEndTagName;
    else if (code !== character.greater) this.#malformed("an end tag is malformed");
    else {
      const open = this.#openNames.at(-1);
      if (open !== this.#name) {
        const expected = open === undefined ? "nothing is open" : `</${shown(open)}> is due`;
        this.#malformed(`</${shown(this.#name)}> where ${expected}`, this.#markupOffset);
      }
      this.#closeInnermost();
    }
  }

  #closeInnermost(): void {
    this.#openNames.pop();
    this.#scope.leave();
    this.#next = this.#handler.close(this.#keptIsCut ? this.#kept + cutMark : this.#kept);
    this.#startRun();
  }
}

/** A name as it may stand in a message. */
function shown(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}
