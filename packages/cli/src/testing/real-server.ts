import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'openkupe.cjs');

/** A server as `openkupe up` starts it, in a folder of its own, on a free port, with clusters that take a second. */
export interface RealServer {
  readonly folder: string;
  /** What `openkupe operator` needs to reach it. */
  readonly operatorEnv: Readonly<Record<string, string>>;
  /** Makes a tenant and gives what commands need to reach it: KUPE_HOST, KUPE_TENANT, KUPE_API_KEY. */
  addTenant(name: string): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** Runs the program in a process of its own; rejects with what it wrote to stderr when it fails. */
export function runBin(words: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [BIN, ...words], { env: { PATH: process.env.PATH ?? '', ...env } }, (error, out, err) => {
      if (error) reject(new Error(`openkupe ${words.join(' ')}: ${err}`));
      else resolve(out);
    });
  });
}

/** Starts a server. Its limits are so high that no test meets them, unless `variables` sets others. */
export async function startRealServer(variables: Readonly<Record<string, string>> = {}): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-real-'));
  const data = join(folder, 'data');
  const envFile = join(folder, 'env.sh');
  const settings = {
    OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '1',
    OPENKUPE_SANDBOX_UPGRADING_SECONDS: '1',
    OPENKUPE_SANDBOX_TERMINATING_SECONDS: '1',
    OPENKUPE_RATE_LIMIT_BURST: '100000',
  };
  const child = spawn(process.execPath, [BIN, 'up', '--port', '0', '--data', data, '--write-env', envFile], {
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...settings, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ctrl-C stops')) resolve();
    });
  });
  const found = [...readFileSync(envFile, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]);
  const operatorEnv = { HOME: folder, OPENKUPE_DATA: data };
  return {
    folder,
    operatorEnv,
    async addTenant(name) {
      await runBin(['operator', 'tenant', 'create', name, '--owner', 'owner@acme.example', '--plan', 'pro'], operatorEnv);
      const { key } = JSON.parse(await runBin(['operator', 'key', 'issue', name, '-o', 'json'], operatorEnv));
      return { ...Object.fromEntries(found), HOME: folder, KUPE_CONFIG: join(folder, 'config'), KUPE_TENANT: name, KUPE_API_KEY: key };
    },
    async stop() {
      // NOTE: SIGTERM, because `up` passes that on; a SIGKILL would end `up` alone and leave the server behind.
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
