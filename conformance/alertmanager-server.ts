import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** Where an Alertmanager is, if one is installed: Debian has it under another name. */
const PROGRAM = ['prometheus-alertmanager', 'alertmanager']
  .flatMap((name) => [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
/** Whether an Alertmanager can be started. */
export const hasAlertmanager = PROGRAM !== undefined;
/** For the title of a suite that needs one. */
export const NEEDS_ALERTMANAGER = '(needs prometheus-alertmanager: apt-get install prometheus-alertmanager)';

const START_MS = 30_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** An Alertmanager of a test's own, on a free port of loopback. */
export interface AlertmanagerServer {
  readonly url: string;
  /** The file that it reads (`--config.file`), in a folder of its own. */
  readonly file: string;
  /** Starts it, and waits until it answers; at once where it runs. */
  start(): Promise<void>;
  /** Kills it with SIGKILL. */
  kill(): Promise<void>;
  /** Whether the process runs. */
  isRunning(): boolean;
  /** The configuration that is in force, with credentials masked. */
  configuration(): Promise<string>;
  /** POSTs alerts with these labels, as Prometheus does. */
  post(...labels: Readonly<Record<string, string>>[]): Promise<void>;
  /** Kills it, and removes its folder. */
  remove(): Promise<void>;
}

/** Prepares an Alertmanager that does not run yet. */
export async function prepareAlertmanager(): Promise<AlertmanagerServer> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-alertmanager-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, 'alertmanager.yml');
  let child: ChildProcess | undefined;
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${text}`);
    return text;
  };
  const kill = async () => {
    const killed = child;
    if (!killed || !isRunning()) return;
    const ended = new Promise((resolve) => killed.once('close', resolve));
    killed.kill('SIGKILL');
    await ended;
    running.delete(killed);
  };
  return {
    url,
    file,
    isRunning,
    kill,
    async start() {
      if (isRunning()) return;
      const paths = [`--config.file=${file}`, `--storage.path=${join(folder, 'data')}`];
      const started = spawn(PROGRAM ?? '', [...paths, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], {
        stdio: 'ignore',
      });
      child = started;
      running.add(started);
      for (const beganMs = Date.now(); Date.now() - beganMs < START_MS && isRunning(); await sleep(50))
        if (await ask('/-/ready').catch(() => undefined)) return;
      throw new Error(`Alertmanager did not answer on port ${port}`);
    },
    async configuration() {
      const status = JSON.parse(await ask('/api/v2/status')) as { config: { original: string } };
      return status.config.original;
    },
    async post(...labels) {
      const body = JSON.stringify(labels.map((one) => ({ labels: one })));
      await ask('/api/v2/alerts', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    },
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
