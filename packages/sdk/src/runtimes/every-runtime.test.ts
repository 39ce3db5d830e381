import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installBuiltPackage } from '../testing/built-package.ts';
import { expectTroublesMet, type Report } from '../testing/troubles-met.ts';
import { startTroublesomeServer, type TroublesomeServer } from '../testing/troublesome-server.ts';

const INSTALLED = fileURLToPath(new URL('../../runtimes/node_modules', import.meta.url));
const PLATFORM = `${process.platform}-${process.arch}`;
const BUN = { 'linux-x64': 'bun-linux-x64-baseline', 'linux-arm64': 'bun-linux-aarch64' }[PLATFORM] ?? 'none';

interface Runtime {
  readonly name: string;
  /** The program and its arguments; one that is not there is skipped. */
  readonly command: readonly [string, ...string[]];
  readonly transport: 'node-http' | 'fetch';
}

const own = `Node ${process.versions.node.split('.')[0]}`;
const installed = (path: string) => join(INSTALLED, path);

const RUNTIMES: readonly Runtime[] = [
  { name: own, command: [process.execPath, 'program.mjs'], transport: 'node-http' },
  { name: `a worker of ${own}`, command: [process.execPath, 'in-worker.mjs'], transport: 'node-http' },
  { name: `${own} with fetch`, command: [process.execPath, '--conditions=browser', 'program.mjs'], transport: 'fetch' },
  { name: 'Node 22', command: [installed(`node-22-${PLATFORM}/bin/node`), 'program.mjs'], transport: 'node-http' },
  { name: 'Node 20', command: [installed(`node-20-${PLATFORM}/bin/node`), 'program.mjs'], transport: 'node-http' },
  {
    name: 'Deno',
    command: [installed(`@deno/${PLATFORM}-glibc/deno`), 'run', '--cached-only', '--allow-net=127.0.0.1', 'program.mjs'],
    transport: 'fetch',
  },
  { name: 'Bun', command: [installed(`@oven/${BUN}/bin/bun`), '--no-install', 'program.mjs'], transport: 'fetch' },
];

/** Reports once everything is closed, and when that was: from then on nothing may keep the process alive. */
const PROGRAM = `import { meetTroubles } from './meet-troubles.mjs';
const report = await meetTroubles(JSON.parse(process.argv[2]));
console.log(JSON.stringify({ report, endedAtMs: Date.now() }));
`;
const IN_WORKER = `import { Worker } from 'node:worker_threads';
new Worker(new URL('./program.mjs', import.meta.url), { argv: process.argv.slice(2) });
`;
const MOST_LINGERING_MS = 3_000;

let folder: string;
let server: TroublesomeServer;
let deadHost: string;

beforeAll(async () => {
  ({ folder } = await installBuiltPackage());
  const dependent = { type: 'module', private: true, dependencies: { '@openkupe/sdk': '0.1.0' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(dependent));
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  writeFileSync(join(folder, 'in-worker.mjs'), IN_WORKER);
  copyFileSync(fileURLToPath(new URL('./meet-troubles.mjs', import.meta.url)), join(folder, 'meet-troubles.mjs'));
  server = await startTroublesomeServer();
  const closed = http.createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  deadHost = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
}, 60_000);

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let tries = 0;
for (const [index, { name, command, transport }] of RUNTIMES.entries()) {
  const [binary, ...given] = command;
  const isInstalled = binary.startsWith(INSTALLED);
  const title = `the package meets every trouble in ${name}${isInstalled ? ' (needs other runtimes: npm run install:runtimes)' : ''}`;
  test.skipIf(!existsSync(binary)).concurrent(title, async () => {
    // NOTE: the server counts by name, and a test may be tried a second time.
    tries += 1;
    const run = `r${index}t${tries}`;
    const { stdout, stderr } = await promisify(execFile)(binary, [...given, JSON.stringify({ host: server.host, deadHost, run })], {
      cwd: folder,
      timeout: 15_000,
    });
    const exitedAtMs = Date.now();
    expect(stderr).toBe('');
    const { report, endedAtMs } = JSON.parse(stdout) as { report: Report; endedAtMs: number };
    expect(report.transport).toBe(transport);
    await expectTroublesMet(report, { server, run });
    expect(report.dead.attempts).toMatchObject([{ outcome: 'unreachable' }]);
    expect(exitedAtMs - endedAtMs).toBeLessThan(MOST_LINGERING_MS);
  });
}
