import { existsSync, readFileSync, statSync } from 'node:fs';

const LIST = '/proc/locks';

/** Whether this system lists the locks that its processes hold. */
export const listsLocks = existsSync(LIST);

/**
 * How many POSIX locks the kernel lists for a process on a file (proc_locks(5): `1: POSIX ADVISORY READ 4711 08:01:131 0 0`). The device
 * is not compared: file systems such as btrfs show another one there than in stat.
 */
export function locksOn(file: string, pid: number): number {
  const { ino } = statSync(file);
  const rows = readFileSync(LIST, 'utf8').split('\n');
  return rows.filter((row) => {
    const [, type, , , holder, place = ''] = row.trim().split(/\s+/);
    return type === 'POSIX' && Number(holder) === pid && Number(place.split(':')[2]) === ino;
  }).length;
}
