import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { DataFolderIncompleteError } from '../store/open-errors.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { type ControlPlane, compose } from './compose.ts';
import { ensureFirstTenant } from './first-tenant.ts';

/** Runs a control plane on the folder, up to where it could listen, and stops it. */
async function runOn(folder: string, seed = 1, during: (plane: ControlPlane) => Promise<void> = async () => {}): Promise<void> {
  const clock = createManualClock();
  const config = readConfig([], { OPENKUPE_DATA: folder, OPENKUPE_LOG_LEVEL: 'silent' }, folder);
  const plane = await compose(config, { clock, random: createSeededRandom(seed) });
  await during(plane);
  await clock.runUntil(plane.stop(0));
}

/** The folder of an installation with a tenant, a sandbox record and a sealed value. */
async function installation(seed = 1): Promise<string> {
  const folder = join(scratchFolder(), 'data');
  await runOn(folder, seed, async (plane) => {
    await ensureFirstTenant(plane.ports);
    await plane.localValues.put('demo', 'tenants/demo/db', { password: 'x' });
    await plane.ports.engine.apply(
      { tenant: 'demo', name: 'web', uid: 'uid-web', type: 'shared' },
      { displayName: '', type: 'shared', version: '1.33', resources: {}, highAvailability: false },
      1,
    );
  });
  return folder;
}

async function refusal(folder: string): Promise<string> {
  const error = await runOn(folder).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DataFolderIncompleteError);
  return (error as Error).message;
}

const remove = (folder: string, ...names: string[]) => {
  for (const name of names) rmSync(join(folder, name), { recursive: true });
};
const BEGIN_ANEW = /restore .* from a backup, or move (it|the data folder) away to begin anew/;

describe('a data folder of which a part is missing', () => {
  it.each([
    ['the database', 'secrets.json, sandbox/, secret-values/, but its database openkupe.db is missing', ['openkupe.db']],
    ['the database and secrets.json', 'sandbox/, secret-values/, but its database', ['openkupe.db', 'secrets.json']],
    ['all but the sandbox records', 'holds sandbox/, but its database', ['openkupe.db', 'secrets.json', 'secret-values']],
    ['all but secrets.json', 'holds secrets.json, but its database', ['openkupe.db', 'sandbox', 'secret-values']],
    ['secrets.json', 'secrets.json is missing, without which no API key', ['secrets.json']],
  ])('is refused without %s, says what to restore, and changes nothing', async (_what, sentence, missing) => {
    const folder = await installation();
    remove(folder, ...missing);
    const before = readdirSync(folder).sort();
    const message = await refusal(folder);
    expect(message).toContain(sentence);
    expect(message).toMatch(BEGIN_ANEW);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it('is refused where the database is empty', async () => {
    const folder = await installation();
    truncateSync(join(folder, 'openkupe.db'));
    expect(await refusal(folder)).toContain('openkupe.db is missing or empty');
  });

  it('is refused where only the log of the database is left, which stays', async () => {
    const folder = join(scratchFolder(), 'data');
    mkdirSync(folder);
    writeFileSync(join(folder, 'openkupe.db-wal'), 'frames');
    expect(await refusal(folder)).toContain('holds openkupe.db-wal, but its database');
    expect(existsSync(join(folder, 'openkupe.db-wal'))).toBe(true);
  });

  it('is refused where the database was copied without the log that holds everything', async () => {
    const copy = join(scratchFolder(), 'copy');
    const folder = join(scratchFolder(), 'data');
    await runOn(folder, 1, async (plane) => {
      await ensureFirstTenant(plane.ports);
      cpSync(folder, copy, { recursive: true });
    });
    remove(copy, 'openkupe.db-wal', 'openkupe.db-shm');
    expect(await refusal(copy)).toContain('openkupe.db has no data (was openkupe.db-wal left behind?)');
  });

  it('starts anew once it was moved away, and goes on once what was missing is back', async () => {
    const folder = await installation();
    const aside = `${folder}-aside`;
    renameSync(join(folder, 'openkupe.db'), `${folder}.db`);
    await refusal(folder);
    renameSync(folder, aside);
    await runOn(folder);
    renameSync(`${folder}.db`, join(aside, 'openkupe.db'));
    await runOn(aside, 1, async (plane) => expect(await plane.ports.store.keys('tenant')).toHaveLength(1));
  });
});

describe('the secrets of another installation', () => {
  it('are refused', async () => {
    const folder = await installation(1);
    const other = await installation(2);
    copyFileSync(join(other, 'secrets.json'), join(folder, 'secrets.json'));
    expect(await refusal(folder)).toMatch(/is not the one that the database beside it was written with; restore both from the same backup/);
  });

  it('are recognised from the next start on where the data is of a release that kept no check value', async () => {
    const folder = await installation(1);
    const database = new DatabaseSync(join(folder, 'openkupe.db'));
    database.exec('DELETE FROM installation');
    database.close();
    await runOn(folder);
    copyFileSync(join(await installation(2), 'secrets.json'), join(folder, 'secrets.json'));
    expect(await refusal(folder)).toContain('is not the one');
  });
});

describe('a first start that was interrupted', () => {
  it('is gone on with, whatever it had made so far', async () => {
    const folder = join(scratchFolder(), 'data');
    mkdirSync(folder);
    for (const name of ['openkupe.lock', 'openkupe.db']) writeFileSync(join(folder, name), '');
    await runOn(folder);
    remove(folder, 'secrets.json');
    const database = new DatabaseSync(join(folder, 'openkupe.db'));
    database.exec('DELETE FROM installation');
    database.close();
    await runOn(folder);
  });
});
