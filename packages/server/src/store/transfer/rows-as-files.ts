import type { Random } from '@openkupe/contract';
import { seal, unseal } from '../../crypto/seal.ts';
import { fileNameOf, contextOf as valueContextOf } from '../../secrets-backend/value-place.ts';
import { sealFile } from './data-folder-files.ts';
import type { Part } from './parts.ts';
import type { Cell, Row } from './portable-store.ts';

type Named = Readonly<Record<string, Cell>>;
type AsFile = (
  row: Named,
  plain: string,
  seal: (text: string, context: string) => string,
) => { readonly path: string; readonly text: string };

const contextOf = ({ kind, tenant, name }: Named) =>
  kind === 'sandbox' ? `sandbox:${name}` : valueContextOf(String(tenant), String(name));

/**
 * What several processes on PostgreSQL share as sealed rows, and one process on SQLite keeps as files of its data folder. In the other direction
 * nothing is to be done: a control plane on PostgreSQL takes what it finds in the folder.
 */
const AS_FILES: Readonly<Record<string, AsFile>> = {
  sandbox: ({ name }, plain) => ({ path: `sandbox/${name}.json`, text: plain }),
  'secret-value': (row, plain, sealAgain) => {
    const context = contextOf(row);
    const { versionBefore = 0 } = JSON.parse(String(row.spec)) as { readonly versionBefore?: number };
    const text = sealAgain(JSON.stringify({ version: Number(row.generation) + versionBefore, values: JSON.parse(plain) }), context);
    return { path: `secret-values/${fileNameOf(String(row.tenant), String(row.name))}`, text };
  },
};

/** The file that a row becomes; `undefined` for one that stays a row, also where it cannot be read. */
function fileOf(row: Named, key: Uint8Array, random: Random): Part | undefined {
  const asFile = AS_FILES[String(row.kind)];
  if (!asFile) return undefined;
  try {
    const { sealed } = JSON.parse(String(row.spec)) as { sealed: string };
    const { path, text } = asFile(row, unseal(sealed, contextOf(row), key), (plain, context) => seal(plain, context, key, random));
    return { kind: 'file', file: sealFile(path, text, key, random) };
  } catch {
    return undefined;
  }
}

/** Passes parts on; rows that are files in a data folder become files. `key`: the answer key of the installation. */
export async function* withRowsAsFiles(parts: AsyncIterable<Part>, key: Uint8Array, random: Random): AsyncGenerator<Part> {
  let columns: readonly string[] = [];
  for await (const part of parts) {
    if (part.kind === 'table') columns = part.table.name === 'resource' ? part.table.columns : [];
    if (part.kind !== 'rows' || columns.length === 0) {
      yield part;
      continue;
    }
    const rows: Row[] = [];
    for (const row of part.rows) {
      const file = fileOf(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])), key, random);
      if (file) yield file;
      else rows.push(row);
    }
    if (rows.length > 0) yield { kind: 'rows', rows };
  }
}
