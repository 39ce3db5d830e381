import { describe, expect, it } from 'vitest';
import { catalogueOf, findCatalogued, whyNotDuringMove } from './version-catalogue.ts';

const SETTINGS = { versions: ['v1.35.4', 'v1.37.0', 'v1.36.3'], retiring: ['1.35'] };

describe('the catalogue', () => {
  it('is what the settings list, newest first', () => {
    expect(catalogueOf(SETTINGS)).toEqual([
      { minor: '1.37', full: 'v1.37.0' },
      { minor: '1.36', full: 'v1.36.3' },
      { minor: '1.35', full: 'v1.35.4', isRetiring: true },
    ]);
  });
  it('finds a version by its minor and in full', () => {
    for (const asked of ['1.36', 'v1.36.3', '1.36.3']) expect(findCatalogued(SETTINGS, asked)?.full).toBe('v1.36.3');
    expect(findCatalogued(SETTINGS, '1.36.2')).toBeUndefined();
  });
});

describe('another version during a move', () => {
  it.each([
    ['v1.35.4', '1.35', undefined],
    ['v1.35.4', 'v1.35.4', undefined],
    ['v1.35.4', '1.36', 'its upgrade from v1.35.4 to v1.36.3 has not ended'],
    ['v1.35.1', '1.35', 'its upgrade from v1.35.1 to v1.35.4 has not ended'],
    ['v1.35.4', '1.30', undefined],
  ])('%s → %s: %s', (running, asked, why) => {
    expect(whyNotDuringMove(SETTINGS, running, asked)).toBe(why);
  });
});
