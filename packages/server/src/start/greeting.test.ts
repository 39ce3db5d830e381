import { expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { greeting } from './greeting.ts';

const STARTED = { url: 'http://127.0.0.1:1', metricsUrl: undefined, limitBytes: 0, firstKey: undefined, hasTenants: true };
const firstLine = (env: Record<string, string>) => greeting(STARTED, readConfig([], { OPENKUPE_DATA: '/data', ...env }, '/srv'))[0];

it('says where the data is, and never with which password', () => {
  expect(firstLine({})).toBe('openkupe is running at http://127.0.0.1:1 (data in /data)');
  expect(firstLine({ OPENKUPE_DATABASE_URL: 'postgres://u:hunter2@127.0.0.1/kupe' })).toBe(
    'openkupe is running at http://127.0.0.1:1 (data in PostgreSQL at 127.0.0.1:5432/kupe, its secrets in /data)',
  );
});
