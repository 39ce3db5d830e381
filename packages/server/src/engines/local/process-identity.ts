import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What tells a process from another one that is given its id later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the form of the operating system. */
  readonly startedAt: string;
  /** Program and arguments, separated by spaces. */
  readonly command: string;
}

/** Fields of /proc/PID/stat after the name, which is in parentheses (proc_pid_stat(5)): the state is the 3rd of all, the start time the 22nd. */
const STATE = 0;
const START_TIME = 22 - 3;

function fromProc(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; its parent has not asked for its exit code yet.
    if (fields[STATE] === 'Z' || fields[STATE] === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trimEnd();
    return { pid, startedAt: `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[START_TIME]}`, command };
  } catch {
    return undefined;
  }
}

/** The width of `lstart`, a date such as `Mon Nov 30 14:01:02 2026`. */
const LSTART = 24;

function fromPs(pid: number): ProcessIdentity | undefined {
  const { stdout } = spawnSync('/bin/ps', ['-ww', '-o', 'state=,lstart=,args=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
  });
  const line = (stdout ?? '').trim();
  const [state = ''] = line.split(' ', 1);
  if (state === '' || state.startsWith('Z')) return undefined;
  const rest = line.slice(state.length).trimStart();
  return { pid, startedAt: rest.slice(0, LSTART), command: rest.slice(LSTART).trim() };
}

/** The process with this id; `undefined` where there is none, or it has ended. From /proc on Linux, by `ps` elsewhere. */
export function identityOf(pid: number, platform: NodeJS.Platform = process.platform): ProcessIdentity | undefined {
  return platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** Whether the process is still the one that was recorded. */
export function isStill(recorded: ProcessIdentity): boolean {
  const now = identityOf(recorded.pid);
  return now !== undefined && now.startedAt === recorded.startedAt && now.command === recorded.command;
}
