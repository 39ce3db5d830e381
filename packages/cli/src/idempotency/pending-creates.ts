import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@openkupe/contract/clock';
import { type Random, systemRandom } from '@openkupe/contract/random';
import { replaceFile } from '@openkupe/files/replace-file';
import { OWN_LOCK, withLock } from '../files/file-lock.ts';
import { asIdentity, hasEnded, ownIdentity, type ProcessIdentity } from '../files/process-identity.ts';
import { makeFolder } from '../sign-in/logins-file.ts';

/** Servers keep an answer for 24 h; beyond that the same key would make another one. */
const KEPT_MS = 23 * 3_600_000;
const MOST_RECORDS = 100;

/** A create that was sent, or was about to be, and whose answer has not been delivered. */
interface Pending {
  /** Hash of what was asked of whom by whom. */
  readonly fingerprint: string;
  readonly idempotencyKey: string;
  readonly body: unknown;
  readonly atMs: number;
  readonly owner: ProcessIdentity;
}

interface Scene {
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: Random;
}

/** The hash that finds a create again. The values may hold a credential, which cannot be read out of it. */
export function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function asPending(value: unknown): Pending | undefined {
  const { fingerprint, idempotencyKey, body, atMs, owner } = (value ?? {}) as Record<string, unknown>;
  const holder = asIdentity(owner);
  const isOne = typeof fingerprint === 'string' && typeof idempotencyKey === 'string' && typeof atMs === 'number' && holder;
  return isOne ? { fingerprint, idempotencyKey, body, atMs, owner: holder } : undefined;
}

/** The records of the file. One that cannot be read is as good as none: it only helps to repeat. */
async function read(path: string, nowMs: number): Promise<Pending[]> {
  try {
    const { creates } = JSON.parse(await fs.readFile(path, 'utf8')) as { creates?: unknown };
    const records = Array.isArray(creates) ? creates.map(asPending) : [];
    return records.filter((one) => one !== undefined).filter(({ atMs }) => Math.abs(nowMs - atMs) < KEPT_MS);
  } catch {
    return [];
  }
}

async function change<Value>(scene: Scene, edit: (records: Pending[]) => readonly [readonly Pending[], Value]): Promise<Value> {
  const path = join(scene.folder, 'creates.json');
  await makeFolder(scene.folder);
  return withLock(path, OWN_LOCK, scene, async () => {
    const [records, value] = edit(await read(path, scene.clock.now()));
    await replaceFile(path, `${JSON.stringify({ creates: records.slice(-MOST_RECORDS) }, null, 2)}\n`);
    return value;
  });
}

export interface Claim {
  readonly idempotencyKey: string;
  readonly body: unknown;
  /** An earlier run sent it, and ended without its answer. */
  readonly isRepeat: boolean;
}

/**
 * Takes over the record that an earlier run of the same create left, or makes a new one. A record whose process still runs is left to it:
 * two creates at the same time are meant to be two. Fails when the file cannot be changed.
 */
export function claimCreate(fingerprint: string, body: unknown, scene: Scene): Promise<Claim> {
  const { random = systemRandom, clock } = scene;
  return change(scene, (records) => {
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

/** Forgets a record: its answer was delivered, or it is certain that nothing was made. */
export function forgetCreate(idempotencyKey: string, scene: Scene): Promise<void> {
  return change(scene, (records) => [records.filter((one) => one.idempotencyKey !== idempotencyKey), undefined]);
}
