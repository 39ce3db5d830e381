import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { MIGRATIONS, migrate, NEWEST_SCHEMA } from './migrate.ts';

const PATHS = ['clusters/one', 'secrets/db', 'members', 'usage'].map((path) => `/api/v1/tenants/demo/${path}`);
const CREATE = { method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one', version: '1.33' } };
const WITH_ID = { ...CREATE, headers: { 'idempotency-key': 'upgrade-key-1' } };

/** The tables of a database with their columns. */
function tablesOf(database: DatabaseSync, schema: string): Map<string, readonly string[]> {
  const names = database.prepare(`SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).all();
  const columnsOf = (table: string) => database.prepare(`SELECT name FROM pragma_table_info(?, ?)`).all(table, schema);
  return new Map(names.map(({ name }) => [String(name), columnsOf(String(name)).map((column) => String(column.name))]));
}

/** Makes of the database of this release one of an earlier schema, with what that one had of its tables and columns. */
function makeEarlier(folder: string, version: number): void {
  const file = join(folder, 'openkupe.db');
  const database = new DatabaseSync(`${file}.earlier`);
  migrate(database, MIGRATIONS.slice(0, version));
  database.exec(`ATTACH '${file}' AS present`);
  const present = tablesOf(database, 'present');
  for (const [table, columns] of tablesOf(database, 'main')) {
    const kept = columns.filter((column) => present.get(table)?.includes(column)).join(', ');
    database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} (${kept}) SELECT ${kept} FROM present.${table}`);
  }
  database.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  renameSync(`${file}.earlier`, file);
}

async function start(folder: string): Promise<InProcess> {
  const server = await startInProcess({ OPENKUPE_DATA: folder });
  onTestFinished(() => server.stop());
  return server;
}

/** Fills a folder through the API; returns its key and what reads answer. */
async function fill(folder: string) {
  const server = await startInProcess({ OPENKUPE_DATA: folder });
  const { adminKey: key } = server;
  expect(await server.send(WITH_ID)).toMatchObject({ status: 201 });
  const secret = { name: 'db', secretPath: 'services/database', sync: [{ cluster: 'one', namespace: 'default' }] };
  expect(await server.send({ method: 'POST', path: '/api/v1/tenants/demo/secrets', body: secret })).toMatchObject({ status: 201 });
  const answers = await readAll(server, key);
  await server.stop();
  return { key, answers };
}

function readAll(server: InProcess, key: string): Promise<(readonly [string, number, unknown])[]> {
  return Promise.all(
    PATHS.map(async (path) => {
      const { status, json } = await server.send({ method: 'GET', path, key });
      return [path, status, json] as const;
    }),
  );
}

describe.each(Array.from({ length: NEWEST_SCHEMA - 1 }, (_, index) => index + 1))('data of schema %i', (version) => {
  it('is read, changed and audited by this release as what it was', async () => {
    const folder = join(scratchFolder(), 'data');
    const { key, answers } = await fill(folder);
    makeEarlier(folder, version);

    const server = await start(folder);
    expect(await readAll(server, key)).toEqual(answers);
    expect(await server.send({ ...WITH_ID, key })).toMatchObject({ status: 201, json: { name: 'one', version: '1.33' } });
    const patch = {
      method: 'PATCH',
      path: '/api/v1/tenants/demo/clusters/one',
      body: { version: '1.34' },
      headers: { 'if-match': '*' },
    };
    expect(await server.send({ ...patch, key })).toMatchObject({ status: 200, json: { version: '1.34' } });
    const audit = await server.send({ method: 'GET', path: '/api/v1/tenants/demo/audit', key });
    expect(audit.json.items.map(({ action }: { action: string }) => action)).toEqual([
      'clusters.update',
      'secrets.create',
      'clusters.create',
      'api-keys.create',
      'tenants.create',
    ]);
  });
});
