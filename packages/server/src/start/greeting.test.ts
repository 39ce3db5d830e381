import { expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { greeting } from './greeting.ts';

const STARTED = { url: 'http://127.0.0.1:1', metricsUrl: undefined, limitBytes: 0, firstKey: undefined, hasTenants: true };
const firstLine = (env: Record<string, string>) => greeting(STARTED, readConfig([], { OPENKUPE_DATA: '/data', ...env }, '/srv'))[0];

it('says of one of several processes what it does not do, and where kubectl works', () => {
  const text = (env: Record<string, string>) => greeting(STARTED, readConfig([], env, '/srv')).join('\n');
  const OPENKUPE_DATABASE_URL = 'postgres://u:p@127.0.0.1/kupe';
  expect(text({})).not.toContain('sandbox');
  expect(text({ OPENKUPE_DATABASE_URL })).toContain(
    'one at a time runs the clusters of the sandbox, with endpoints on 127.0.0.1 of its machine',
  );
  expect(text({ OPENKUPE_DATABASE_URL, OPENKUPE_ROLE: 'api' })).toContain('It makes no clusters (OPENKUPE_ROLE=api)');
  const workers = text({ OPENKUPE_DATABASE_URL, OPENKUPE_ROLE: 'workers' });
  expect(workers).toContain('It serves no API (OPENKUPE_ROLE=workers)');
  expect(workers).not.toContain('cluster create');
});

it('says where the data is, and never with which password', () => {
  expect(firstLine({})).toBe('openkupe is running at http://127.0.0.1:1 (data in /data)');
  expect(firstLine({ OPENKUPE_DATABASE_URL: 'postgres://u:hunter2@127.0.0.1/kupe' })).toBe(
    'openkupe is running at http://127.0.0.1:1 (data in PostgreSQL at 127.0.0.1:5432/kupe, its secrets in /data)',
  );
});

it('says of keys that travel unencrypted, and only of those', () => {
  const text = (env: Record<string, string>) => greeting(STARTED, readConfig([], { OPENKUPE_HOST: '0.0.0.0', ...env }, '/srv')).join('\n');
  expect(text({})).toContain('Keys travel unencrypted to 0.0.0.0: give a certificate with --tls-cert');
  for (const env of [
    { OPENKUPE_TLS_CERT: 'a', OPENKUPE_TLS_KEY: 'b' },
    { OPENKUPE_TRUSTED_PROXIES: '10.0.0.0/8' },
    { OPENKUPE_HOST: '127.0.0.1' },
  ])
    expect(text(env)).not.toContain('unencrypted');
});

it('says that clusters of the engine local are real API servers without nodes, and which types are', () => {
  const text = (env: Record<string, string>) => greeting(STARTED, readConfig([], env, '/srv')).join('\n');
  const sentence = 'are real Kubernetes API servers, as processes of this machine. They have no nodes: pods stay Pending';
  expect(text({})).not.toContain('nodes');
  expect(text({ OPENKUPE_ENGINE: 'local' })).toContain(`Clusters of type "shared" and "dedicated" ${sentence}`);
  expect(text({ OPENKUPE_ENGINE_DEDICATED: 'local' })).toContain(`Clusters of type "dedicated" ${sentence}`);
});

it('does not name the sandbox where it runs no clusters', () => {
  const env = {
    OPENKUPE_DATABASE_URL: 'postgres://u:p@127.0.0.1/kupe',
    OPENKUPE_ENGINE: 'vcluster',
    OPENKUPE_VCLUSTER_VERSIONS: '1.35.1',
    OPENKUPE_TOKEN_REVIEW_URL: 'https://kupe.example',
  };
  expect(greeting(STARTED, readConfig([], env, '/srv')).join('\n')).not.toContain('sandbox');
});
