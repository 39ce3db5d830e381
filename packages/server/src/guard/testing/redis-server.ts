import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function programOf(names: readonly string[]): string | undefined {
  for (const name of names) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      // The next one.
    }
  }
  return undefined;
}

const PROGRAM = programOf(['valkey-server', 'redis-server']);
export const hasRedisServer = PROGRAM !== undefined;

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** A real store on a port of its own, which can be stopped, killed and started again. */
export interface RedisServer {
  readonly port: number;
  start(): Promise<void>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  kill(): Promise<void>;
  /** Kills it for good. */
  remove(): Promise<void>;
}

export async function startRedisServer(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    async start() {
      const own = spawn(PROGRAM ?? '', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: 'pipe' });
      child = own;
      await new Promise<void>((resolve) => own.stdout?.on('data', (text) => String(text).includes('Ready to accept') && resolve()));
    },
    signal: (name) => void child?.kill(name),
    async kill() {
      const own = child;
      if (!own) return;
      child = undefined;
      const gone = new Promise((resolve) => own.once('exit', resolve));
      own.kill('SIGCONT');
      own.kill('SIGKILL');
      await gone;
    },
    async remove() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
