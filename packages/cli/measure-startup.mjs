// How long the CLI takes to start, against an empty script on the same Node: node packages/cli/measure-startup.mjs [rounds] [node …]
// Rounds are interleaved in random order and minima are compared, because absolute times vary by half on a shared machine.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const here = dirname(fileURLToPath(import.meta.url));
const [rounds = '30', ...nodes] = process.argv.slice(2);
const binaries = nodes.length > 0 ? nodes : [process.execPath];

const folder = mkdtempSync(join(tmpdir(), 'openkupe-startup-'));
const packed = join(folder, 'packed');
for (const name of ['bin', 'dist']) mkdirSync(join(packed, name), { recursive: true });
spawnSync(process.execPath, [join(here, 'build.mjs')], { stdio: 'inherit' });
copyFileSync(join(here, 'bin', 'openkupe.cjs'), join(packed, 'bin', 'openkupe.cjs'));
copyFileSync(join(here, 'dist', 'openkupe.cjs'), join(packed, 'dist', 'openkupe.cjs'));
writeFileSync(join(folder, 'empty.cjs'), '');

// The server answers from a thread of its own, because this one is blocked while a command runs.
const server = new Worker(
  `const { createServer } = require('node:http');
   const { parentPort } = require('node:worker_threads');
   createServer((_, response) => response.setHeader('content-type', 'application/json').end('{"items":[]}'))
     .listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });`,
  { eval: true },
);
const port = await new Promise((resolve) => server.once('message', resolve));
const env = { ...process.env, KUPE_HOST: `http://127.0.0.1:${port}`, KUPE_TENANT: 'acme', KUPE_API_KEY: 'kupe_0_0' };

const bin = join(packed, 'bin', 'openkupe.cjs');
const cases = {
  'empty script': [join(folder, 'empty.cjs')],
  '--version': [bin, '--version'],
  '--help': [bin, '--help'],
  'cluster list -o json': [bin, 'cluster', 'list', '-o', 'json'],
  'cluster list': [bin, 'cluster', 'list'],
  '--version in a checkout': [join(here, 'bin', 'openkupe.cjs'), '--version'],
};

function time(node, args) {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(node, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - startedAt;
}

for (const node of binaries) {
  const least = new Map();
  for (let round = 0; round < Number(rounds); round++) {
    const order = Object.entries(cases).sort(() => Math.random() - 0.5);
    for (const [name, args] of order) least.set(name, Math.min(least.get(name) ?? Number.POSITIVE_INFINITY, time(node, args)));
  }
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const base = least.get('empty script');
  console.log(`\nNode ${version}, minima of ${rounds} rounds\n\n| command | ms | against an empty script |\n| --- | --- | --- |`);
  for (const name of Object.keys(cases))
    console.log(`| ${name} | ${least.get(name).toFixed(0)} | ${(least.get(name) / base).toFixed(2)} |`);
}
await server.terminate();
rmSync(folder, { recursive: true, force: true });
