import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@openkupe/contract/clock';
import { type Random, systemRandom } from '@openkupe/contract/random';
import { replaceFile } from '@openkupe/files/replace-file';
import { OWN_LOCK, withLock } from '../files/file-lock.ts';
import { asIdentity, hasEnded, ownIdentity, type ProcessIdentity } from '../files/process-identity.ts';
import { makeFolder } from '../sign-in/logins-file.ts';

/** Servers keep an idempotency record for 24 h; after that the same key would make another resource. */
const KEPT_MS = 23 * 3_600_000;
const MOST_RECORDS = 100;

/** The record of a create that was sent, or was about to be, and whose response is not on stdout yet. */
interface Pending {
  /** See {@link fingerprintOf}. */
  readonly fingerprint: string;
  readonly idempotencyKey: string;
  readonly body: unknown;
  readonly atMs: number;
  readonly owner: ProcessIdentity;
}

interface RecordDependencies {
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: Random;
}

/** SHA-256 over server, tenant, caller and arguments of a create, by which its record is found. It reveals no credential. */
export function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function asPending(value: unknown): Pending | undefined {
  const { fingerprint, idempotencyKey, body, atMs, owner } = (value ?? {}) as Record<string, unknown>;
  const holder = asIdentity(owner);
  const isOne = typeof fingerprint === 'string' && typeof idempotencyKey === 'string' && typeof atMs === 'number' && holder;
  return isOne ? { fingerprint, idempotencyKey, body, atMs, owner: holder } : undefined;
}

/** The records of the file. One that cannot be parsed is left out: all that is lost is a replay. */
async function read(path: string, nowMs: number): Promise<Pending[]> {
  try {
    const { creates } = JSON.parse(await fs.readFile(path, 'utf8')) as { creates?: unknown };
    const records = Array.isArray(creates) ? creates.map(asPending) : [];
    return records.filter((one) => one !== undefined).filter(({ atMs }) => Math.abs(nowMs - atMs) < KEPT_MS);
  } catch {
    return [];
  }
}

async function change<Value>(
  dependencies: RecordDependencies,
  edit: (records: Pending[]) => readonly [readonly Pending[], Value],
): Promise<Value> {
  const path = join(dependencies.folder, 'creates.json');
  await makeFolder(dependencies.folder);
  return withLock(path, OWN_LOCK, dependencies, async () => {
    const [records, value] = edit(await read(path, dependencies.clock.now()));
    await replaceFile(path, `${JSON.stringify({ creates: records.slice(-MOST_RECORDS) }, null, 2)}\n`);
    return value;
  });
}

/** How a create has to be sent. */
export interface Claim {
  readonly idempotencyKey: string;
  readonly body: unknown;
  /** An earlier run sent it, and ended without delivering the response. */
  readonly isRepeat: boolean;
}

/**
 * Takes over the record that an earlier run of the same create left, or makes a new one. The record of a process that still runs is not
 * taken over: two commands at the same time create two resources. Fails when the file cannot be changed.
 */
export function claimCreate(fingerprint: string, body: unknown, dependencies: RecordDependencies): Promise<Claim> {
  const { random = systemRandom, clock } = dependencies;
  return change(dependencies, (records) => {
    const found = records.find((one) => one.fingerprint === fingerprint && hasEnded(one.owner));
    const record = found ?? {
      fingerprint,
      idempotencyKey: Buffer.from(random.bytes(16)).toString('hex'),
      body,
      atMs: clock.now(),
    };
    const others = records.filter((one) => one !== found);
    const { idempotencyKey, body: sent } = record;
    return [[...others, { ...record, owner: ownIdentity() }], { idempotencyKey, body: sent, isRepeat: found !== undefined }];
  });
}

/** Deletes a record: the response was delivered, or it is certain that nothing was created. */
export function forgetCreate(idempotencyKey: string, dependencies: RecordDependencies): Promise<void> {
  return change(dependencies, (records) => [records.filter((one) => one.idempotencyKey !== idempotencyKey), undefined]);
}
