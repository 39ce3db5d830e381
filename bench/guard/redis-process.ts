import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A Valkey or Redis of our own on loopback that keeps nothing. */
export interface RedisProcess {
  readonly port: number;
  start(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Stops it from running without ending it, and the opposite. */
  stall(): void;
  goOn(): void;
}

export function redisProgram(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v valkey-server || command -v redis-server'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export async function startRedis(program: string): Promise<RedisProcess> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  process.once('exit', () => child?.kill('SIGKILL'));
  const redis: RedisProcess = {
    port,
    async start() {
      const own = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], { stdio: ['ignore', 'pipe', 'ignore'] });
      child = own;
      await new Promise<void>((resolve) => own.stdout.on('data', (text) => String(text).includes('Ready to accept') && resolve()));
    },
    async kill() {
      const own = child;
      if (!own) return;
      child = undefined;
      const gone = new Promise((resolve) => own.once('exit', resolve));
      own.kill('SIGKILL');
      await gone;
    },
    stall: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
  };
  await redis.start();
  return redis;
}

/** A wire to the store that takes time and can be cut: while it is, bytes go nowhere and nobody is told, as in a partition. */
export interface Wire {
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): void;
}

/** `delayMs`: how long bytes take each way. */
export async function openWire(to: number, delayMs = 0): Promise<Wire> {
  const port = await freePort();
  const ends = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      if (isCut) from.pause();
      from.on('data', (bytes) => (delayMs > 0 ? setTimeout(() => into.write(bytes), delayMs) : into.write(bytes)));
      from.on('error', () => {});
      from.on('close', () => {
        ends.delete(from);
        into.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const each = (act: (end: Socket) => void) => {
    for (const end of ends) act(end);
  };
  return {
    port,
    cut() {
      isCut = true;
      each((end) => end.pause());
    },
    mend() {
      isCut = false;
      each((end) => end.resume());
    },
    close() {
      each((end) => end.destroy());
      server.close();
    },
  };
}
