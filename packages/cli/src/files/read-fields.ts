import { promises as fs } from 'node:fs';
import { isExactNumber } from '@openkupe/contract/json/exact-number';
import type { Document, Scalar, YAMLError } from 'yaml';
import { misuse } from '../failure/failure.ts';
import type { Io } from '../io.ts';

/** The types of known fields. Other fields are sent as they are: the server may be newer. */
export type Shape = { readonly [field: string]: 'text' | 'boolean' | 'anything' | Shape };

type Fields = Record<string, unknown>;

/** The longest file, in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

async function readFile(path: string): Promise<string> {
  const file = await fs.open(path, 'r');
  try {
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length)).bytesRead;
    }
    if (length > MOST_BYTES) throw misuse(`The file "${path}" is longer than 4 MiB; give less.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } finally {
    await file.close();
  }
}

async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return io.stdin.readAll();
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof TypeError) throw misuse(`The file "${path}" is not text in UTF-8.`);
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw misuse(`The file "${path}" cannot be read (${code}).`);
  }
}

function problemSentence({ code, message, linePos }: YAMLError, called: string): string {
  const line = linePos?.[0].line ?? 1;
  if (code === 'TAB_AS_INDENT') return `Line ${line} of ${called} is indented with a tab, which YAML does not allow; use spaces.`;
  const what = code === 'DUPLICATE_KEY' ? 'has a field twice' : 'is neither YAML nor JSON';
  return `${called.replace(/^[td]/, (letter) => letter.toUpperCase())} ${what}: ${message.split('\n')[0]?.replace(/:$/, '')}.`;
}

/** How a field was written, so that a message can show it as it should be: 007 and not 7. */
function sourceOf(document: Document, path: readonly string[], value: unknown): string {
  const node = document.getIn(path, true) as { source?: unknown } | undefined;
  return typeof node?.source === 'string' && node.source !== '' ? node.source : (JSON.stringify(value) ?? String(value));
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : 'a value';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Fails with a sentence that names the first field that is not what it must be. */
function checkShape(document: Document, value: Record<string, unknown>, shape: Shape, above: readonly string[] = []): void {
  for (const [field, wanted] of Object.entries(shape)) {
    const found = value[field];
    const path = [...above, field];
    const name = path.join('.');
    if (found === undefined || wanted === 'anything') continue;
    if (found === null) throw misuse(`${name} is empty; give it a value, or leave it out.`);
    if (wanted === 'text' && typeof found !== 'string') {
      if (typeof found === 'object') throw misuse(`${name} must be a string, and is ${kindOf(found)}.`);
      throw misuse(`${name} must be a string; quote it: ${field}: "${sourceOf(document, path, found)}".`);
    }
    if (wanted === 'boolean' && typeof found !== 'boolean') {
      throw misuse(`${name} must be true or false without quotes, not ${sourceOf(document, path, found).slice(0, 40)}.`);
    }
    if (typeof wanted === 'object') {
      const example = Object.keys(wanted)[0];
      if (isObject(found)) checkShape(document, found, wanted, path);
      else throw misuse(`${name} must be an object with fields like ${example}, not ${sourceOf(document, path, found).slice(0, 40)}.`);
    }
  }
}

const isHexadecimalOrOctal = (numeral: string) => /^0[xo]/.test(numeral);

/** The first number in the file, as it is written there, that would be sent as another one, such as 1e999 or 12345678901234567890. */
function findInexactNumber(document: Document, visit: typeof import('yaml').visit): string | undefined {
  let found: string | undefined;
  visit(document, {
    Scalar(_key, { value, source = '' }: Scalar) {
      if (typeof value !== 'number') return undefined;
      const isExact = isHexadecimalOrOctal(source) ? Number.isSafeInteger(value) : Number.isFinite(value) && isExactNumber(source);
      if (isExact) return undefined;
      found = source;
      return visit.BREAK;
    },
  });
  return found;
}

/** Reads one document as an object. Fails with exit code 2 and a sentence that begins with what it is called. */
function readObject(document: Document, called: string, visit: typeof import('yaml').visit, shapeOf: (value: Fields) => Shape): Fields {
  const Called = called.replace(/^[td]/, (letter) => letter.toUpperCase());
  const numeral = findInexactNumber(document, visit);
  if (numeral !== undefined) throw misuse(`${Called} has the number ${numeral.slice(0, 60)}, which cannot be kept exactly; quote it.`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(value);
  } catch (cause) {
    // NOTE: an alias without its anchor, too many aliases, or one that contains itself, which JSON cannot say.
    const reason = cause instanceof TypeError ? 'an alias contains itself' : (cause as Error).message;
    throw misuse(`${Called} is neither YAML nor JSON: ${reason}.`);
  }
  if (value === null) throw misuse(`${Called} is empty; it must hold one object of fields.`);
  if (!isObject(value)) throw misuse(`${Called} must hold one object of fields, not ${kindOf(value)}.`);
  checkShape(document, value, shapeOf(value));
  return value;
}

async function parseFile(path: string, io: Io) {
  const text = await readText(path, io);
  const called = path === '-' ? 'the input' : `the file "${path}"`;
  const { parseAllDocuments, visit } = await import('yaml');
  const documents = [...parseAllDocuments(text, { logLevel: 'silent' })] as Document[];
  const problem = documents.flatMap(({ errors }) => errors)[0];
  if (problem) throw misuse(problemSentence(problem, called));
  return { documents, called, visit };
}

/**
 * Reads a file of YAML or JSON (`-` for stdin) that holds one object, whose known fields are of the given shape. Fails with exit code 2 and
 * one sentence that names the file, the line or the field.
 */
export async function readFields(path: string, io: Io, shape: Shape = {}): Promise<Record<string, unknown>> {
  const { documents, called, visit } = await parseFile(path, io);
  const [document] = documents;
  const Called = called.replace(/^[td]/, (letter) => letter.toUpperCase());
  if (!document) throw misuse(`${Called} is empty; it must hold one object of fields.`);
  if (documents.length > 1) throw misuse(`${Called} holds ${documents.length} documents; give them one at a time.`);
  return readObject(document, called, visit, () => shape);
}

/** The same for a file of any number of documents, each of its own shape. Empty ones are left out. */
export async function readMany(path: string, io: Io, shapeOf: (value: Fields) => Shape): Promise<Record<string, unknown>[]> {
  const { documents, called, visit } = await parseFile(path, io);
  const filled = documents.filter(({ contents }) => contents !== null && (contents as { value?: unknown }).value !== null);
  if (filled.length === 0)
    throw misuse(`${called.replace(/^[td]/, (letter) => letter.toUpperCase())} is empty; it must hold an object of fields.`);
  return filled.map((document, index) =>
    readObject(document, filled.length === 1 ? called : `document ${index + 1} of ${called}`, visit, shapeOf),
  );
}
