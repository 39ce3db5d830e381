import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from '@openkupe/files/error-code';

/**
 * A process; its start time distinguishes it from later ones with the same id. `place` is host name, boot id and pid namespace: whether a
 * process of another place still runs cannot be known.
 */
export interface ProcessIdentity {
  readonly place: string;
  readonly pid: number;
  /** When it started, in the kernel's ticks since the boot; empty where there is no /proc. */
  readonly startedAt: string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); the second field, the name, may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function ownPlace(): string {
  return [hostname(), read('/proc/sys/kernel/random/boot_id')?.trim() ?? '', namespace()].join(' ');
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { place: ownPlace(), pid: process.pid, startedAt: startOf(process.pid) ?? '' };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Whether that process has certainly ended. False where it cannot be known: another machine, another boot's id, another container. */
export function hasEnded({ place, pid, startedAt }: ProcessIdentity): boolean {
  if (place !== ownPlace()) return false;
  if (!exists(pid)) return true;
  const present = startOf(pid);
  return startedAt !== '' && present !== undefined && present !== startedAt;
}

/** Reads what {@link ownIdentity} gave to another process; undefined for anything else. */
export function asIdentity(value: unknown): ProcessIdentity | undefined {
  const { place, pid, startedAt } = (value ?? {}) as Partial<ProcessIdentity>;
  const isOne = typeof place === 'string' && typeof startedAt === 'string' && Number.isSafeInteger(pid) && (pid ?? 0) > 0;
  return isOne ? { place, startedAt, pid: pid as number } : undefined;
}
