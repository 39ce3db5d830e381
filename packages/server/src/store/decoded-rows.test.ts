import { expect, it } from 'vitest';
import { filled } from './conformance/filled.ts';
import { createRowDecoder } from './decoded-rows.ts';
import type { ResourceRow } from './resource-row.ts';

const ROW: ResourceRow = {
  kind: 'cluster',
  tenant: 'acme',
  name: 'web',
  uid: 'u',
  version: 7,
  observation: 3,
  generation: 1,
  created_at: 1,
  deleted_at: null,
  spec: JSON.stringify(filled('cluster', 'spec', 'Web')),
  observed: JSON.stringify(filled('cluster', 'observed')),
};

it('returns the same object for the same row, and another one once anything of it has changed', () => {
  const decode = createRowDecoder();
  const first = decode(ROW);
  expect(decode({ ...ROW })).toBe(first);
  const changes: Partial<ResourceRow>[] = [
    { version: 8 },
    { observation: 4 },
    { uid: 'v' },
    { generation: 2 },
    { created_at: 2 },
    { deleted_at: 5 },
    { spec: JSON.stringify(filled('cluster', 'spec', 'Other')) },
    { observed: JSON.stringify({ ...filled('cluster', 'observed'), waitingFor: 'a node' }) },
  ];
  for (const change of changes) {
    const changed = decode({ ...ROW, ...change });
    expect(changed).not.toEqual(first);
    expect(decode(ROW)).toEqual(first);
  }
});

it('finds a row unreadable as often as it is read', () => {
  const decode = createRowDecoder();
  for (const _ of [1, 2]) expect(() => decode({ ...ROW, spec: '{' })).toThrow('cluster "acme/web"');
});
