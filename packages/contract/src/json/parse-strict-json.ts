import { isExactNumber } from './exact-number.ts';

/** Why a JSON text is refused. The message is a clause about the text, with what to do. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** What a JSON text may have at most. */
export interface JsonBounds {
  /** Levels of arrays and objects inside each other. */
  readonly depth: number;
  /** Values together, arrays and objects included. */
  readonly values: number;
  /** UTF-16 code units of a field's name. */
  readonly nameLength: number;
}

/** An array or object that is open at the place where the scan is. */
interface Frame {
  /** The names so far; absent in an array. */
  readonly names: Set<string> | undefined;
  /** The name of the present field, or the place in the array. */
  at: string | number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const shown = (part: string | number) => (String(part).length > 60 ? `${String(part).slice(0, 60)}…` : String(part));
const pathOf = (frames: readonly Frame[]) => frames.map(({ at }) => shown(at)).join('.') || 'the body';

/** Digits, `+`, `-`, `.`, `E` and `e`. */
function isInNumeral(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45 || code === 0x65;
}
const isLetter = (code: number) => code >= 0x61 && code <= 0x7a;

function endOf(text: string, start: number, isInside: (code: number) => boolean): number {
  let at = start + 1;
  while (at < text.length && isInside(text.charCodeAt(at))) at += 1;
  return at;
}

/** How many code units the escape at a backslash has; 0 when it is half of a surrogate pair. */
function escapeLength(text: string, at: number): number {
  if (text[at + 1] !== 'u') return 2;
  if (text[at + 2] !== 'd' && text[at + 2] !== 'D') return 6;
  const unit = Number.parseInt(text.slice(at + 2, at + 6), 16);
  if (unit < 0xd800) return 6;
  return unit < 0xdc00 && /^\\u[dD][c-fC-F]/.test(text.slice(at + 6, at + 10)) ? 12 : 0;
}

/** The place after the string that opens at `start`. */
function endOfString(text: string, start: number, frames: readonly Frame[]): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    const length = code === BACKSLASH ? escapeLength(text, at) : 1;
    if (length === 0) throw new JsonError(`${pathOf(frames)} holds half of a surrogate pair; send text that is valid Unicode`);
    at += length;
  }
  return at + 1;
}

/** Notes the field whose name is `token`, a string as it is written. */
function enterField(token: string, frame: Frame, frames: readonly Frame[], { nameLength }: JsonBounds): void {
  const name = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
  const object = pathOf(frames.slice(0, -1));
  if (name.length > nameLength)
    throw new JsonError(`a field name in ${object} is longer than ${nameLength} characters; send a shorter one`);
  frame.at = name;
  if (frame.names?.has(name)) throw new JsonError(`the field "${pathOf(frames)}" is there twice; send it once`);
  frame.names?.add(name);
}

/**
 * Throws a {@link JsonError} for a JSON text in which two readers could see different things, or that is larger than `bounds`: a field
 * that is there twice (with escapes or without), a number that a double does not keep, half of a surrogate pair. That is I-JSON
 * (RFC 7493 §2). One pass, in time linear in the text. It does not judge the grammar, and may throw a SyntaxError where that is wrong.
 */
export function checkJson(text: string, bounds: JsonBounds): void {
  const frames: Frame[] = [];
  let count = 0;
  let expectsName = false;
  let at = 0;
  const countValue = () => {
    count += 1;
    if (count > bounds.values) throw new JsonError(`it has more than ${bounds.values} values; send fewer`);
  };
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const start = at;
    at += 1;
    if (code === QUOTE) {
      at = endOfString(text, start, frames);
      const frame = frames.at(-1);
      if (expectsName && frame) enterField(text.slice(start, at), frame, frames, bounds);
      else countValue();
      expectsName = false;
    } else if (code === 0x7b || code === 0x5b) {
      countValue();
      expectsName = code === 0x7b;
      frames.push(expectsName ? { names: new Set(), at: '' } : { names: undefined, at: 0 });
      if (frames.length > bounds.depth) throw new JsonError(`it is nested deeper than ${bounds.depth} levels; send a flatter one`);
    } else if (code === 0x7d || code === 0x5d) {
      frames.pop();
      expectsName = false;
    } else if (code === 0x2c) {
      const frame = frames.at(-1);
      if (typeof frame?.at === 'number') frame.at += 1;
      expectsName = frame?.names !== undefined;
    } else if (isLetter(code)) {
      countValue();
      at = endOf(text, start, isLetter);
    } else if (isInNumeral(code)) {
      countValue();
      at = endOf(text, start, isInNumeral);
      const numeral = text.slice(start, at);
      if (!isExactNumber(numeral))
        throw new JsonError(`${pathOf(frames)} is the number ${shown(numeral)}, which cannot be kept exactly; send it as a string`);
    }
  }
}

/**
 * The value of a JSON text that is I-JSON (RFC 7493) and within `bounds`. Throws a {@link JsonError} that names the field for any other:
 * what this returns, `JSON.stringify` writes again without a change of value. A byte order mark has to be gone already.
 */
export function parseStrictJson(text: string, bounds: JsonBounds): unknown {
  try {
    checkJson(text, bounds);
    return JSON.parse(text);
  } catch (error) {
    throw error instanceof SyntaxError ? new JsonError('it is not valid JSON; send one JSON object') : error;
  }
}
