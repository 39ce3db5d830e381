import { promises } from 'node:fs';
import { misuse } from '../../failure/failure.ts';
import type { Io } from '../../io.ts';

async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return io.stdin.readAll();
  try {
    return await promises.readFile(path, 'utf8');
  } catch (cause) {
    throw misuse(`The file "${path}" cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unreadable'}).`);
  }
}

/** Reads a file of YAML or JSON (`-` for stdin) that holds one object. The server judges the fields; fails with exit code 2 for the rest. */
export async function readObjectFile(path: string, io: Io): Promise<Record<string, unknown>> {
  const text = await readText(path, io);
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw misuse(`The file "${path}" is neither YAML nor JSON: ${(cause as Error).message.split('\n')[0]}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw misuse(`The file "${path}" must hold one object of fields.`);
  }
  return value as Record<string, unknown>;
}
