import { BrokenDataError, type DamageReport } from '../broken-data.ts';
import { decodeObject } from '../sqlite/codec.ts';
import type { KnownTime } from '../store.ts';
import { createRecheck } from './recheck.ts';
import { type Runner, run, type Statement } from './statement.ts';

const GET: Statement = { name: 'installation-get', text: 'SELECT value FROM installation WHERE name = $1' };
const KEEP: Statement = {
  name: 'installation-keep',
  text: 'INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
};
const KEEP_FIRST: Statement = {
  name: 'installation-keep-first',
  text: 'INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
};

const SECRETS_CHECK = 'secrets-check';
const KNOWN_TIME = 'known-time';
const WHAT = 'installation row "known-time"';

/** Keeps a row about the installation. Of the check of the secrets the first stays: of two processes that start on a new database one is wrong. */
export async function keepInstallation(on: Runner, name: string, value: string): Promise<undefined> {
  await run(on, name === SECRETS_CHECK ? KEEP_FIRST : KEEP, name, value);
}

/** The check value of the secrets. */
export async function readSecretsCheck(on: Runner): Promise<string | undefined> {
  return read(on, SECRETS_CHECK);
}

async function read(on: Runner, name: string): Promise<string | undefined> {
  const [row] = await run<{ value: string }>(on, GET, name);
  return row?.value;
}

/** @throws {BrokenDataError} */
async function decodeKnownTime(on: Runner): Promise<KnownTime | undefined> {
  const value = await read(on, KNOWN_TIME);
  if (value === undefined) return undefined;
  const known = decodeObject<KnownTime>(value, WHAT, 'value');
  if (Number.isFinite(known.knownMs) && Number.isFinite(known.certainMs)) return known;
  throw new BrokenDataError(WHAT, 'it holds no time');
}

/** `undefined` also where it cannot be read, which is noted: the time begins anew with the wall clock, and is written down again. */
export async function readKnownTime(on: Runner, damage: DamageReport): Promise<KnownTime | undefined> {
  try {
    return await decodeKnownTime(on);
  } catch (error) {
    if (!(error instanceof BrokenDataError)) throw error;
    const isBroken = () =>
      decodeKnownTime(on).then(
        () => false,
        (again) => again instanceof BrokenDataError,
      );
    damage.note(error, createRecheck(isBroken));
    return undefined;
  }
}
