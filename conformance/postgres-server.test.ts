import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from './postgres-server.ts';

const MODULE = join(import.meta.dirname, 'postgres-server.ts');
const START = `import { startPostgres } from ${JSON.stringify(MODULE)}; console.log((await startPostgres()).folder)`;
const END_MS = 10_000;

it.skipIf(!hasPostgres || process.platform !== 'linux')(
  `PostgreSQL ends with the process that started it, also where that is killed ${NEEDS_POSTGRES}`,
  async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', START], { stdio: ['ignore', 'pipe', 'inherit'] });
    const folder = await new Promise<string>((resolve) => parent.stdout.once('data', (text) => resolve(String(text).trim())));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [pid] = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n');
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    parent.kill('SIGKILL');
    for (const began = Date.now(); existsSync(`/proc/${pid}`); await sleep(10)) expect(Date.now() - began).toBeLessThan(END_MS);
  },
);
