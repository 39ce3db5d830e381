import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@openkupe/contract';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../../conformance/postgres-server.ts';
import { createAuthority, issueServerCertificate } from '../../engines/x509/certificates.ts';
import { startInProcess } from '../../testing/in-process.ts';
import { changeOf, commitWritten, createCluster } from '../conformance/samples.ts';
import type { DatabaseAddress } from '../database-address.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { openDatabase } from './open.ts';
import { createPostgresStore } from './postgres-store.ts';
import { throwAwayDatabases } from './testing/throw-away-database.ts';

const refusal = (address: DatabaseAddress, oldestMajor?: number): Promise<string> =>
  openDatabase(address, oldestMajor).then(
    async ({ client, pool }) => {
      await Promise.all([client.end(), pool.end()]);
      return 'opened';
    },
    (error: Error) => {
      expect(error.message).not.toContain(address.password);
      return `${error.name}: ${error.message}`;
    },
  );

describe.skipIf(!hasPostgres)(`a database that cannot be used ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it.each<[string, (address: DatabaseAddress) => Partial<DatabaseAddress>, RegExp]>([
    [
      'host',
      () => ({ servers: [{ host: 'no-such-host.invalid', port: 5432 }] }),
      /The database host "no-such-host.invalid" is not known; correct OPENKUPE_DATABASE_URL/,
    ],
    [
      'port',
      () => ({ servers: [{ host: '127.0.0.1', port: 1 }] }),
      /No PostgreSQL answers at 127.0.0.1:1 \(ECONNREFUSED\); start it, or correct OPENKUPE_DATABASE_URL/,
    ],
    ['socket', () => ({ servers: [{ host: '/nowhere', port: 5432 }] }), /No PostgreSQL answers at \/nowhere\/.s.PGSQL.\d+ \(ENOENT\)/],
    [
      'servers',
      (address) => ({ servers: [{ host: '127.0.0.1', port: 1 }, ...address.servers, { host: '/nowhere', port: 1 }], password: 'hunter2' }),
      /No PostgreSQL answers at 127.0.0.1:1 .*; PostgreSQL at .* refuses the password .*; No PostgreSQL answers at \/nowhere/,
    ],
    ['password', () => ({ password: 'hunter2' }), /refuses the password of user "openkupe"; correct OPENKUPE_DATABASE_PASSWORD_FILE/],
    ['missing password', () => ({ password: undefined }), /wants a password; give it in OPENKUPE_DATABASE_PASSWORD_FILE/],
    ['user', () => ({ user: 'nobody' }), /refuses the password of user "nobody"/],
    ['database', () => ({ database: 'nowhere' }), /has no database "nowhere"; make it with: createdb --owner openkupe nowhere/],
    ['server without TLS', () => ({ tls: {} }), /offers no TLS; turn it on there, or add \?sslmode=disable/],
  ])('says what to do about the %s', async (_what, wrong, sentence) => {
    const address = await databases.make();
    expect(await refusal({ ...address, ...wrong(address) })).toMatch(sentence);
  });

  it('says which right is missing', async () => {
    const address = await databases.make();
    await databases.server.sql('postgres', `ALTER DATABASE ${address.database} OWNER TO postgres`);
    expect(await refusal(address)).toContain(`ALTER DATABASE "${address.database}" OWNER TO "openkupe"`);
  });

  it('says how old is too old', async () => {
    expect(await refusal(await databases.make(), 99)).toMatch(/PostgreSQL \d+.* is too old; the control plane needs 99 or newer/);
  });

  it('is left untouched where a newer release has written it', async () => {
    const address = await databases.make();
    expect(await refusal(address)).toBe('opened');
    await databases.server.sql(address.database, 'INSERT INTO openkupe.schema_version VALUES (99)');
    expect(await refusal(address)).toMatch(/SchemaTooNewError: The database has schema version 99/);
  });

  it('is migrated once by processes that start together', async () => {
    const address = await databases.make();
    expect(await Promise.all(Array.from({ length: 4 }, () => refusal(address)))).toEqual(Array(4).fill('opened'));
    expect(await databases.server.sql(address.database, 'SELECT count(*) = max(version) FROM openkupe.schema_version')).toBe('t');
  });

  it('is refused with the secrets of another installation, or with none', async () => {
    const { url } = await databases.make();
    const folder = join(scratchFolder(), 'data');
    const variables = { OPENKUPE_DATABASE_URL: url, OPENKUPE_DATA: folder };
    const first = await startInProcess(variables);
    onTestFinished(() => first.stop());
    const other = join(scratchFolder(), 'other');
    await expect(startInProcess({ ...variables, OPENKUPE_DATA: other })).rejects.toThrow(
      /The secrets file .* is missing.* copy it from the data folder of another process/,
    );
    const foreign = scratchFolder();
    const key = Buffer.alloc(32, 7).toString('base64url');
    writeFileSync(join(foreign, 'secrets.json'), JSON.stringify({ apiKeyPepper: key, answerKey: key }));
    const refused = /is not the one that the database was written with; give this process the same secrets as the others/;
    await expect(startInProcess({ ...variables, OPENKUPE_DATA: foreign })).rejects.toThrow(refused);
    const shared = { ...variables, OPENKUPE_DATA: other, OPENKUPE_SECRETS_FILE: join(folder, 'secrets.json') };
    const second = await startInProcess(shared);
    onTestFinished(() => second.stop());
    const seen = await second.send({ method: 'GET', path: '/api/v1/tenants/demo', key: first.adminKey });
    expect(seen.status).toBe(200);
  });

  it('is not begun anew beside an installation on SQLite', async () => {
    const folder = join(scratchFolder(), 'data');
    const embedded = await startInProcess({ OPENKUPE_DATA: folder });
    await embedded.clock.runUntil(embedded.plane.stop(0));
    const { url } = await databases.make();
    const again = startInProcess({ OPENKUPE_DATA: folder, OPENKUPE_DATABASE_URL: url });
    await expect(again).rejects.toThrow(/holds openkupe.db of an installation, but the database is empty/);
  });
});

describe.skipIf(!hasPostgres)(`TLS ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  /** Lets the server show a certificate for its address, and returns the CA. */
  async function encrypted(): Promise<string> {
    const { server } = databases;
    const now = systemClock.now();
    const authority = await createAuthority('test', now, systemRandom);
    const certificate = await issueServerCertificate(authority, ['127.0.0.1'], now, systemRandom);
    const owner = statSync(server.folder);
    for (const [name, text] of [
      ['server.crt', certificate.certificatePem],
      ['server.key', certificate.privateKeyPem],
    ] as const) {
      writeFileSync(join(server.folder, 'data', name), text, { mode: 0o600 });
      chownSync(join(server.folder, 'data', name), owner.uid, owner.gid);
    }
    await server.sql('postgres', 'ALTER SYSTEM SET ssl = on');
    await server.sql('postgres', 'SELECT pg_reload_conf()');
    await vi.waitFor(async () => expect(await server.sql('postgres', 'SHOW ssl')).toBe('on'));
    return authority.certificatePem;
  }

  it('takes a certificate of the named CA for the named host, and no other', async () => {
    const ca = await encrypted();
    const address = await databases.make();
    expect(await refusal({ ...address, tls: { ca } })).toBe('opened');
    const untrusted =
      /The certificate of PostgreSQL at .* is not trusted for .* name its CA in OPENKUPE_DATABASE_CA_FILE, or correct the host/;
    expect(await refusal({ ...address, tls: {} })).toMatch(untrusted);
    expect(await refusal({ ...address, servers: [{ host: 'localhost', port: databases.server.port }], tls: { ca } })).toMatch(untrusted);
    const other = await createAuthority('other', systemClock.now(), systemRandom);
    expect(await refusal({ ...address, tls: { ca: other.certificatePem } })).toMatch(untrusted);
  });
});

describe.skipIf(!hasPostgres)(`a connection ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it('is named, durable, and bounded in time', async () => {
    const address = await databases.make();
    const open = await openDatabase(address);
    const store = createPostgresStore(open);
    onTestFinished(() => store.close());
    await commitWritten(store, changeOf(createCluster()));
    const names = ['application_name', 'synchronous_commit', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const { rows } = await open.client.query(`SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join()}`);
    expect(rows).toEqual([
      {
        application_name: 'openkupe',
        synchronous_commit: 'on',
        statement_timeout: '10s',
        lock_timeout: '5s',
        idle_in_transaction_session_timeout: '5s',
      },
    ]);
  });
});
