import type { Clock } from '@openkupe/contract';
import type { Config } from '../config/config.ts';
import { decodeKnownTime } from '../store/known-time.ts';
import { checkSnapshot } from '../store/transfer/check-snapshot.ts';
import type { StoreSnapshot } from '../store/transfer/portable-store.ts';
import { countsText, until } from '../store-command/command.ts';
import { openSnapshot } from '../store-command/compose.ts';
import { secretsOf } from '../store-command/installation-secrets.ts';
import { describePlace, placeOf } from '../store-command/place.ts';
import { type Finding, fail, ok, sentenceOf, warn } from './finding.ts';

/** A store whose check takes longer is not read to its end. */
const LONGEST_MS = 30_000;
/** A server writes the time down every few minutes; one that comes back later than this was set back. */
const BEHIND_MS = 10_000;
const MOST_SHOWN = 10;

/** Whether the wall clock is behind the time that the installation has seen already. */
async function checkKnownTime(snapshot: StoreSnapshot, nowMs: number): Promise<Finding[]> {
  for await (const rows of snapshot.rows('installation', ['name', 'value'])) {
    const value = rows.find(([name]) => name === 'known-time')?.[1];
    if (value === undefined) continue;
    const behindMs = decodeKnownTime(String(value)).knownMs - nowMs;
    if (behindMs <= BEHIND_MS) return [ok('clock', 'The clock of this machine is not behind the time that the store knows')];
    const seconds = Math.round(behindMs / 1_000);
    return [
      fail(
        'clock',
        `The clock of this machine is ${seconds} s behind the time that the store knows`,
        'synchronise the clock, for example with chrony; months are closed and keys expire by it',
      ),
    ];
  }
  return [];
}

async function readAndJudge(config: Config, nowMs: number, snapshot: StoreSnapshot, signal: AbortSignal): Promise<Finding[]> {
  const time = await checkKnownTime(snapshot, nowMs);
  const { counts, problems, more, secretsCheck } = await checkSnapshot(snapshot, (parts) => until(signal, parts));
  const shown = problems
    .slice(0, MOST_SHOWN)
    .map((problem) => fail('store', problem, 'restore a backup, or correct the row (docs/guide/backup.md)'));
  const hidden = problems.length - shown.length + more;
  if (hidden > 0) shown.push(fail('store', `${hidden} more rows cannot be read`, 'run `openkupe store check`'));
  if (shown.length === 0) shown.push(ok('store', `${describePlace(placeOf(config))} holds no damage (${countsText(counts)})`));
  if (secretsCheck === undefined) return [...time, ...shown];
  try {
    await secretsOf(config.dataFolder, config.secrets, secretsCheck);
    return [...time, ...shown];
  } catch (error) {
    return [
      ...time,
      ...shown,
      fail('secrets', sentenceOf(error), 'restore secrets.json from the backup of this installation (docs/guide/backup.md)'),
    ];
  }
}

/** Whether the store can be read, has a schema that this release knows, holds rows that can be read, and belongs to the secrets. */
export async function checkStore(
  config: Config,
  { clock, hasFolder }: { readonly clock: Pick<Clock, 'now'>; readonly hasFolder: boolean },
): Promise<Finding[]> {
  const place = placeOf(config);
  if (!hasFolder && place.kind === 'folder') return [ok('store', 'There is no database yet; the first start makes it')];
  const signal = AbortSignal.timeout(LONGEST_MS);
  try {
    const snapshot = await openSnapshot(place);
    try {
      return await readAndJudge(config, clock.now(), snapshot, signal);
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    if (signal.aborted) return [warn('store', `${describePlace(place)} is too large to be checked here`, 'run `openkupe store check`')];
    const remedy = config.database
      ? 'let this machine reach the database, and correct OPENKUPE_DATABASE_URL'
      : 'restore a backup (docs/guide/backup.md), or run the doctor as the user that runs the server';
    return [fail('store', sentenceOf(error), remedy)];
  }
}
