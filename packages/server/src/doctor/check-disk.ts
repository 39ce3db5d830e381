import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import type { Config } from '../config/config.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Below this the store refuses to write (`RESERVED_BYTES` of the store in a data folder). */
const FULL_BYTES = 1024 * 1024;
const LITTLE_BYTES = 1024 * 1024 * 1024;
const LITTLE_SHARE = 0.1;
/** A disk that takes longer for a write limits how many changes a second there are. */
const SLOW_MS = 50;
const SYNCS = 9;
const BLOCK = Buffer.alloc(4096);

const inMiB = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;

async function checkSpace(folder: string): Promise<Finding> {
  const { bavail, bfree, blocks, bsize } = await statfs(folder);
  if (blocks === 0) return ok('disk', `The file system of ${folder} does not say how much room it has`);
  const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
  const remedy = 'make room, or move the data folder to a larger disk';
  if (free < FULL_BYTES) return fail('disk', `The disk of ${folder} is full: ${inMiB(free)} are free, and nothing can be written`, remedy);
  if (free < LITTLE_BYTES && free < LITTLE_SHARE * blocks * bsize)
    return warn('disk', `The disk of ${folder} has ${inMiB(free)} left of ${inMiB(blocks * bsize)}`, remedy);
  return ok('disk', `The disk of ${folder} has ${inMiB(free)} left of ${inMiB(blocks * bsize)}`);
}

/** Writes a block and waits for the disk, a few times; how long the middle one took. */
function checkSync(folder: string, { clock, random }: { readonly clock: Clock; readonly random: Random }): Finding {
  const file = join(folder, `doctor-${Buffer.from(random.bytes(6)).toString('hex')}`);
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    const took = Array.from({ length: SYNCS }, () => {
      const startedMs = clock.monotonic();
      writeSync(descriptor, BLOCK);
      fdatasyncSync(descriptor);
      return clock.monotonic() - startedMs;
    }).sort((one, other) => one - other);
    const middle = took[Math.floor(SYNCS / 2)] ?? 0;
    const text = `A write to the disk of ${folder} takes ${middle.toFixed(1)} ms until it is durable`;
    return middle < SLOW_MS
      ? ok('disk', text)
      : warn('disk', `${text}: changes wait for that`, 'move the data folder to a faster disk, not one on a network');
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}

/** Room and speed of the disk of the data folder. */
export async function checkDisk(
  { dataFolder }: Pick<Config, 'dataFolder'>,
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<Finding[]> {
  try {
    const space = await checkSpace(dataFolder);
    return space.state === 'fail' ? [space] : [space, checkSync(dataFolder, ports)];
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [ok('disk', `The data folder ${dataFolder} does not exist yet; the first start makes it`)];
    return [
      fail(
        'disk',
        `The data folder ${dataFolder} cannot be written (${codeOf(error)})`,
        'let the user that runs the server own it, and run the doctor as that user',
      ),
    ];
  }
}
