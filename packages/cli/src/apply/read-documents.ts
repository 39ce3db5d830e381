import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { misuse } from '../failure/failure.ts';
import { readMany } from '../files/read-fields.ts';
import type { Io } from '../io.ts';
import { KINDS, type Kind, kindNamed } from './kinds.ts';

/** An object as a file describes it. */
export interface Described {
  readonly kind: Kind;
  /** Its name; that of its kind where there is only one. */
  readonly name: string;
  /** Its fields without `kind`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `cluster/production`, or `tenant` where there is only one. */
export function titleOf({ kind, name }: Pick<Described, 'kind' | 'name'>): string {
  return kind.named ? `${kind.kind}/${name}` : kind.kind;
}

/** Most files of a folder, and most objects in all of them. */
const MOST = 1_000;

async function filesOf(path: string): Promise<string[]> {
  if (path === '-') return [path];
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (names.length === 0) throw misuse(`The folder "${path}" has no file that ends in .yaml, .yml or .json.`);
  if (names.length > MOST) throw misuse(`The folder "${path}" has more than ${MOST} files; give fewer.`);
  return names.map((name) => join(path, name));
}

function described({ kind: given, ...fields }: Readonly<Record<string, unknown>>, where: string): Described {
  const kinds = KINDS.map(({ kind }) => kind).join(', ');
  if (typeof given !== 'string') throw misuse(`${where} has no kind; write one of ${kinds}, as in kind: cluster.`);
  const kind = kindNamed(given);
  if (!kind) throw misuse(`${where} has the kind ${JSON.stringify(given)}; it must be one of ${kinds}.`);
  if (!kind.named) return { kind, name: kind.kind, fields };
  const name = fields[kind.named];
  if (typeof name !== 'string' || name === '') throw misuse(`${where} is a ${kind.kind} without ${kind.named}; give it one.`);
  return { kind, name, fields };
}

/** The objects of a file with any number of documents, of a folder of files, or (`-`) of stdin. Fails with exit code 2. */
export async function readDescribed(path: string, io: Io): Promise<Described[]> {
  const all: Described[] = [];
  for (const file of await filesOf(path)) {
    const shapeOf = ({ kind }: Readonly<Record<string, unknown>>) => (typeof kind === 'string' ? kindNamed(kind)?.shape : undefined) ?? {};
    const documents = await readMany(file, io, shapeOf);
    const called = file === '-' ? 'The input' : `The file "${file}"`;
    all.push(
      ...documents.map((fields, index) =>
        described(fields, documents.length === 1 ? called : `Document ${index + 1} of ${called.replace('T', 't')}`),
      ),
    );
  }
  if (all.length > MOST) throw misuse(`There are ${all.length} objects; give at most ${MOST} at a time.`);
  const titles = all.map(titleOf);
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice !== undefined) throw misuse(`${twice} is described twice; describe it once.`);
  return all;
}
