import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** Where haproxy is, if it is installed. Debian puts it where only root looks. */
const PROGRAM = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'haproxy'))
  .find((path) => existsSync(path));
export const hasHaproxy = PROGRAM !== undefined;

/** One port of the proxy: how it treats what comes in, and what it writes to the server. */
export interface Frontend {
  readonly mode: 'tcp' | 'http';
  /** The URL of the server, or of several that take requests in turn. */
  readonly target: string | readonly string[];
  /** The local address it calls the server from. */
  readonly from: string;
  /** What follows the server's address, such as `send-proxy`. */
  readonly serverOptions?: string;
  /** Further lines of the section. */
  readonly lines?: readonly string[];
}

const START_MS = 10_000;

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });

function section({ mode, target, from, serverOptions = '', lines = [] }: Frontend, port: number): string {
  const servers = [target].flat().map((url, at) => `  server replica-${at} ${new URL(url).host} source ${from} ${serverOptions}`);
  return [`listen on-${port}`, `  mode ${mode}`, `  bind 127.0.0.1:${port}`, ...lines.map((line) => `  ${line}`), ...servers].join('\n');
}

/** Runs haproxy in the foreground with one port per frontend. Returns their URLs in the same order. */
export async function startHaproxy(frontends: readonly Frontend[]): Promise<{ readonly urls: readonly string[]; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-haproxy-'));
  const ports: number[] = [];
  for (const _ of frontends) ports.push(await freePort());
  const times = ['connect', 'client', 'server', 'check'].map((name) => `  timeout ${name} 10s`);
  const sections = frontends.map((frontend, at) => section(frontend, ports[at] ?? 0));
  const path = join(folder, 'haproxy.cfg');
  await writeFile(path, [`global\n  maxconn 200`, `defaults\n${times.join('\n')}`, ...sections, ''].join('\n'));
  const child = spawn(PROGRAM ?? '', ['-db', '-q', '-f', path], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (const started = Date.now(); Date.now() - started < START_MS; await sleep(20)) {
    if ((await Promise.all(ports.map(isListening))).every(Boolean)) return { urls: ports.map((port) => `http://127.0.0.1:${port}`), stop };
  }
  await stop();
  throw new Error(`haproxy did not listen within ${START_MS / 1000} s: ${complaints}`);
}
