import { type BrokenDataError, type DamageReport, decodeOrNote, decodeReadable, isReadable } from '../broken-data.ts';
import { decodeKnownTime } from '../known-time.ts';
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

/** `undefined` also where it cannot be read, which is noted: the time begins anew with the wall clock, and is written down again. */
export async function readKnownTime(on: Runner, damage: DamageReport): Promise<KnownTime | undefined> {
  const value = await read(on, KNOWN_TIME);
  if (value === undefined) return undefined;
  const isBroken = async () => {
    const now = await read(on, KNOWN_TIME);
    return now !== undefined && !isReadable(now, decodeKnownTime);
  };
  const note = (error: BrokenDataError) => damage.note(error, createRecheck(isBroken));
  const decode = (text: string) => decodeOrNote(text, decodeKnownTime, note);
  return decodeReadable([value], decode)[0];
}
