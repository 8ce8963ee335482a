// One start tag, from its name to its >: attributes, their values, and what namespace the element is in.
// It holds at most 64 KiB however long the tag is: values are checked to their end but kept cut.

import { character, isNameCharacter, isNameStart, isSpace } from "./characters.ts";
import { EntityReader, unfinished } from "./entity.ts";
import { malformed, shown, TcxError } from "./errors.ts";
import {
  bindingProblem,
  declaredPrefix,
  type NamespaceScope,
  type QualifiedName,
  splitName,
} from "./namespaces.ts";

/** Characters of one name. */
export const nameLimit = 1_024;
/** Characters kept of a text or an attribute value. */
export const keptLimit = 1_024;
/** Ends what was cut, so that it can never pass for a number or a time. */
export const cutMark = "…";
/** Characters of names and kept values in one start tag. */
const tagLimit = 65_536;

export interface Attribute extends QualifiedName {
  /** White space normalized, entities decoded, cut at 1,024 characters. */
  readonly value: string;
}

/** Whether the tag goes on, is complete, or is complete and ends its own element. */
export type TagProgress = "unfinished" | "open" | "empty";

const inName = 0;
const inTag = 1;
const inAttributeName = 2;
const afterAttributeName = 3;
const beforeValue = 4;
const inValue = 5;
const inEntity = 6;
const afterValue = 7;
const afterSlash = 8;

export class StartTag {
  name = "";
  attributes: Attribute[] = [];

  readonly #entity = new EntityReader();
  #state = inName;
  #offset = 0;
  #attributeName = "";
  #value = "";
  #valueIsCut = false;
  #quote = 0;
  #size = 0;

  /** Begins a tag whose `<` is byte `offset` of the input, with the first character of its name. */
  begin(code: number, offset: number): void {
    this.name = String.fromCodePoint(code);
    this.attributes = [];
    this.#offset = offset;
    this.#size = 0;
    this.#state = inName;
  }

  /** Takes the next character, which is byte `offset` of the input. */
  push(code: number, offset: number, xml11: boolean): TagProgress {
    switch (this.#state) {
      case inName:
        if (isNameCharacter(code)) this.name = grown(this.name, code, offset);
        else return this.#between(code, offset);
        break;
      case inTag:
        return this.#between(code, offset);
      case inAttributeName:
        if (isNameCharacter(code)) this.#attributeName = grown(this.#attributeName, code, offset);
        else this.#nameEnded(code, offset);
        break;
      case afterAttributeName:
        this.#nameEnded(code, offset);
        break;
      case beforeValue:
        if (code === character.doubleQuote || code === character.singleQuote) {
          this.#quote = code;
          this.#state = inValue;
        } else if (!isSpace(code)) throw malformed("an attribute value is not quoted", offset);
        break;
      case inValue:
        this.#valueCharacter(code, offset);
        break;
      case inEntity: {
        const referred = this.#entity.push(code, offset, xml11);
        if (referred === unfinished) break;
        this.#keep(referred);
        this.#state = inValue;
        break;
      }
      case afterValue:
        if (isNameStart(code)) throw malformed("white space is missing between attributes", offset);
        return this.#between(code, offset);
      default:
        if (code !== character.greater) throw malformed("a slash in a tag is not followed by >", offset);
        return "empty";
    }
    return "unfinished";
  }

  /**
   * Binds the prefixes that the finished tag declares and looks up its own.
   *
   * @throws TcxError `malformed`: a prefix that nothing declares, an attribute that comes twice
   */
  resolve(scope: NamespaceScope, xml11: boolean): { localName: string; namespace: string } {
    const name = splitName(this.name);
    if (name === null) throw malformed("a tag's name is malformed", this.#offset);
    for (const attribute of this.attributes) {
      const prefix = declaredPrefix(attribute);
      if (prefix === null) continue;
      const namespace = attribute.value.trim();
      const problem = bindingProblem(prefix, namespace, xml11);
      if (problem !== null) throw malformed(problem, this.#offset);
      scope.bind(prefix, namespace);
    }
    const namespace = scope.resolve(name.prefix) ?? "";
    if (name.prefix !== "" && (namespace === "" || name.prefix === "xmlns"))
      throw this.#undeclared(name.prefix);
    if (this.attributes.length > 0) this.#refuseRepeated(scope);
    return { localName: name.local, namespace };
  }

  #refuseRepeated(scope: NamespaceScope): void {
    const seen = new Set<string>();
    for (const { prefix, local } of this.attributes) {
      const namespace = prefix === "" ? "" : scope.resolve(prefix);
      if (namespace === undefined) throw this.#undeclared(prefix);
      const expanded = prefix === "" ? local : `{${namespace}}${local}`;
      if (seen.has(expanded)) throw malformed(`the attribute ${shown(local)} comes twice`, this.#offset);
      seen.add(expanded);
    }
  }

  #undeclared(prefix: string): TcxError {
    return malformed(`the prefix ${shown(prefix)} is not declared`, this.#offset);
  }

  #between(code: number, offset: number): TagProgress {
    if (code === character.greater) return "open";
    if (code === character.slash) this.#state = afterSlash;
    else if (isSpace(code)) this.#state = inTag;
    else if (isNameStart(code) && this.#state === inTag) {
      this.#attributeName = String.fromCodePoint(code);
      this.#state = inAttributeName;
    } else throw malformed("a tag holds a character that belongs to no name", offset);
    return "unfinished";
  }

  #nameEnded(code: number, offset: number): void {
    if (code === character.equals) {
      this.#value = "";
      this.#valueIsCut = false;
      this.#state = beforeValue;
    } else if (isSpace(code)) this.#state = afterAttributeName;
    else throw malformed("an attribute has no value", offset);
  }

  #valueCharacter(code: number, offset: number): void {
    if (code === this.#quote) this.#finishAttribute(offset);
    else if (code === character.less) throw malformed("an attribute value holds <", offset);
    else if (code === character.ampersand) {
      this.#entity.start();
      this.#state = inEntity;
    } else this.#keep(isSpace(code) ? character.space : code);
  }

  #keep(code: number): void {
    if (this.#value.length < keptLimit) this.#value += String.fromCodePoint(code);
    else this.#valueIsCut = true;
  }

  #finishAttribute(offset: number): void {
    const name = splitName(this.#attributeName);
    if (name === null) throw malformed("an attribute's name is malformed", offset);
    if (this.#valueIsCut && declaredPrefix(name) !== null) {
      throw new TcxError("too_large", `a namespace is longer than ${keptLimit} characters`, offset);
    }
    this.#size += this.#attributeName.length + this.#value.length;
    if (this.#size > tagLimit) throw new TcxError("too_large", "a tag has too many attributes", offset);
    this.attributes.push({ ...name, value: this.#valueIsCut ? this.#value + cutMark : this.#value });
    this.#state = afterValue;
  }
}

/** A name with one more character. */
export function grown(name: string, code: number, offset: number): string {
  if (name.length >= nameLimit) {
    throw new TcxError("too_large", `a name is longer than ${nameLimit} characters`, offset);
  }
  return name + String.fromCodePoint(code);
}
