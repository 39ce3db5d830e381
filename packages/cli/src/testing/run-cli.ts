import type { Clock } from '@openkupe/contract/clock';
import type { Environment } from '../io.ts';
import { run } from '../run.ts';
import { createFakeIo, type FakeIo, type FakeTerminal } from './fake-io.ts';
import { createFastClock } from './fast-clock.ts';
import type { KupeDouble } from './kupe-double.ts';

export interface Finished {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly io: FakeIo;
}

export interface RunOptions extends FakeTerminal {
  readonly env?: Environment;
  readonly clock?: Clock;
  /** Called when the run has begun, for instance to send a signal later. */
  readonly during?: (io: FakeIo) => void;
}

/** What every remote command needs to reach a double. */
export function environmentFor(double: Pick<KupeDouble, 'host'>): Environment {
  return { KUPE_HOST: double.host, KUPE_TENANT: 'acme', KUPE_API_KEY: 'kupe_7f3b2c1d_test' };
}

/** Runs a command line, its words separated by single spaces, a hundred times as fast as the clock. */
export async function runCli(line: string, options: RunOptions = {}): Promise<Finished> {
  const io = createFakeIo(options);
  const argv = line === '' ? [] : line.split(' ');
  const running = run(argv, io, options.env ?? {}, options.clock ?? createFastClock(100));
  options.during?.(io);
  const exit = await running;
  return { exit, out: io.out(), err: io.err(), io };
}
