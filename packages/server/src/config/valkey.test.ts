import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const problemsOf = (env: Record<string, string>) => {
  try {
    readConfig([], env, '/srv');
    return '';
  } catch (error) {
    return error instanceof ConfigError ? error.problems.join('\n') : `${error}`;
  }
};

describe('the settings of the shared limit', () => {
  it('name no store by default', () => expect(readConfig([], {}, '/srv').valkey).toBeUndefined());

  it.each([
    [
      'redis://127.0.0.1',
      { host: '127.0.0.1', port: 6379, db: 0, isEncrypted: false, username: undefined, password: undefined, processes: 2 },
    ],
    [
      'rediss://kupe:p%40ss@valkey.example:6380/3',
      { host: 'valkey.example', port: 6380, db: 3, isEncrypted: true, username: 'kupe', password: 'p@ss' },
    ],
    ['redis://:secret@[::1]/', { host: '::1', username: undefined, password: 'secret' }],
  ])('read %s', (url, valkey) => expect(readConfig([], { OPENKUPE_VALKEY_URL: url }, '/srv').valkey).toMatchObject(valkey));

  it('name files below the folder', () => {
    const env = {
      OPENKUPE_VALKEY_URL: 'rediss://h',
      OPENKUPE_VALKEY_PASSWORD_FILE: 'pw',
      OPENKUPE_VALKEY_CA_FILE: 'ca',
      OPENKUPE_VALKEY_PROCESSES: '5',
    };
    expect(readConfig([], env, '/srv').valkey).toMatchObject({ passwordFile: '/srv/pw', caFile: '/srv/ca', processes: 5 });
  });

  it.each([
    [{ OPENKUPE_VALKEY_URL: 'http://:hunter2@h' }, 'must be like redis://user@host:6379/0'],
    [{ OPENKUPE_VALKEY_URL: 'redis://:hunter2@h/name' }, 'names a database that is no number'],
    [{ OPENKUPE_VALKEY_URL: 'redis://:hunter2@h?db=1' }, 'has parameters'],
    [{ OPENKUPE_VALKEY_URL: 'redis://:hunter2%@h' }, 'begins no escape'],
    [{ OPENKUPE_VALKEY_URL: 'redis://:hunter2@h', OPENKUPE_VALKEY_PASSWORD_FILE: 'pw' }, 'give one of them'],
    [{ OPENKUPE_VALKEY_URL: 'redis://h', OPENKUPE_VALKEY_CA_FILE: 'ca' }, 'has no effect on a connection without TLS'],
    [{ OPENKUPE_VALKEY_PASSWORD_FILE: 'pw' }, 'OPENKUPE_VALKEY_PASSWORD_FILE has no effect without OPENKUPE_VALKEY_URL'],
    [{ OPENKUPE_VALKEY_PROCESSES: '3' }, 'OPENKUPE_VALKEY_PROCESSES has no effect without OPENKUPE_VALKEY_URL'],
    [{ OPENKUPE_VALKEY_URL: 'redis://h', OPENKUPE_VALKEY_PROCESSES: '0' }, 'must be a whole number from 1 to 10000'],
  ])('refuse %j', (env, message) => {
    expect(problemsOf(env)).toContain(message);
    expect(problemsOf(env)).not.toContain('hunter2');
  });
});
