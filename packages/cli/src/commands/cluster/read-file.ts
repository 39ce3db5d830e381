import { promises } from 'node:fs';
import { isExactNumber } from '@openkupe/contract/json/exact-number';
import type { Document, Scalar } from 'yaml';
import { type Failure, misuse } from '../../failure/failure.ts';
import type { Io } from '../../io.ts';

async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return io.stdin.readAll();
  try {
    return await promises.readFile(path, 'utf8');
  } catch (cause) {
    throw misuse(`The file "${path}" cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unreadable'}).`);
  }
}

function unreadable(path: string, problem: Error & { readonly code?: string }): Failure {
  const what = problem.code === 'DUPLICATE_KEY' ? 'has a field twice' : 'is neither YAML nor JSON';
  return misuse(`The file "${path}" ${what}: ${problem.message.split('\n')[0]?.replace(/:$/, '')}.`);
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

/**
 * Reads a file of YAML or JSON (`-` for stdin) that holds one object. The server judges the fields; fails with exit code 2 for the rest:
 * a field that is there twice, and a number that would be sent as another one.
 */
export async function readObjectFile(path: string, io: Io): Promise<Record<string, unknown>> {
  const text = await readText(path, io);
  const { parseDocument, visit } = await import('yaml');
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw unreadable(path, problem);
  const numeral = findInexactNumber(document, visit);
  if (numeral !== undefined)
    throw misuse(`The file "${path}" has the number ${numeral.slice(0, 60)}, which cannot be kept exactly; quote it.`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw unreadable(path, cause as Error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw misuse(`The file "${path}" must hold one object of fields.`);
  }
  return value as Record<string, unknown>;
}
