import type { Kind, Resource } from './resource.ts';
import { type DecodedRow, decodeResource, type ResourceRow } from './resource-row.ts';

/** Rows that are kept at most; when there are more, all go. One takes about 5 kB. */
const MOST_ROWS = 5_000;

const isSame = (one: ResourceRow, other: ResourceRow) =>
  one.version === other.version &&
  one.observation === other.observation &&
  one.uid === other.uid &&
  one.created_at === other.created_at &&
  one.deleted_at === other.deleted_at &&
  one.generation === other.generation &&
  one.spec === other.spec &&
  one.observed === other.observed;

/**
 * Decodes rows, and returns the very same object as long as a row is as it was, whatever was written besides: parsing costs more than
 * reading, and what is kept by object, such as its rendered form, stays good. @throws {BrokenDataError}
 */
export function createRowDecoder(): <K extends Kind>(row: ResourceRow) => Resource<K> {
  const kept = new Map<string, DecodedRow>();
  return <K extends Kind>(row: ResourceRow): Resource<K> => {
    const name = `${row.kind} ${row.tenant}/${row.name}`;
    const known = kept.get(name) as DecodedRow<K> | undefined;
    if (known && isSame(known.row, row)) return known.resource;
    const resource = decodeResource(row, known);
    if (kept.size >= MOST_ROWS) kept.clear();
    kept.set(name, { row, resource });
    return resource;
  };
}
