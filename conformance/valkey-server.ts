import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** Where a Valkey or Redis server is, if one is installed. */
const PROGRAM = ['valkey-server', 'redis-server']
  .flatMap((name) => [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
/** Whether a Valkey or Redis server can be started. */
export const hasValkey = PROGRAM !== undefined;
/** For the title of a suite that needs one. */
export const NEEDS_VALKEY = '(needs Valkey or Redis: apt-get install redis-server)';

const START_MS = 10_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A Valkey or Redis server of a test's own, on a free port of loopback, which writes nothing down. */
export interface ValkeyServer {
  readonly port: number;
  readonly url: string;
  /** Sends a command, such as `FLUSHALL`, and returns the reply as it is on the wire. */
  send(command: string): Promise<string>;
  /** Stops it in the middle of what it does: its connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Kills it with SIGKILL; everything it held is lost. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
}

/** Starts a server. `options` are those of its command line. */
export async function startValkey(options: readonly string[] = []): Promise<ValkeyServer> {
  const port = await freePort();
  let child: ChildProcess;
  const send = (command: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
      socket.setEncoding('utf8').once('data', (reply: string) => {
        socket.destroy();
        resolve(reply);
      });
      socket.once('error', reject);
    });
  const start = async () => {
    child = spawn(PROGRAM ?? '', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options], {
      stdio: 'ignore',
    });
    running.add(child);
    for (const beganMs = Date.now(); Date.now() - beganMs < START_MS; await sleep(20)) {
      if ((await send('PING').catch(() => '')) !== '') return;
    }
    throw new Error(`The Valkey server did not answer on port ${port} within ${START_MS} ms`);
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    send,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async kill() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGKILL')) return;
      await ended;
      running.delete(child);
    },
    start,
  };
}
