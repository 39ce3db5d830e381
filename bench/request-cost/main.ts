/**
 * What one request of permitted size can cost: `npm run bench:request-cost [-- --json] [-- --rounds 5]`. Sends every route the worst that
 * could be thought of, within one process, and prints the ten dearest, the median of the rounds per request in milliseconds: how long the
 * event loop was busy, during which nobody else is served; the processor time of its thread, which is the same on an idle machine and does
 * not grow with what else runs on it; and the processor time of the process, collector and store included. With `--json` it also writes
 * `bench/results/request-cost.json`. Ends with 1 when the thread needs more than
 * the bound for a request.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { startInProcess } from '../../packages/server/src/testing/in-process.ts';
import { type CostlyRequest, costlyRequests } from './requests.ts';

const RESULTS = fileURLToPath(new URL('../results/request-cost.json', import.meta.url));
/** The most that a request may take of the event loop, in milliseconds. */
const MOST_MS = 25;
const DEAREST = 10;

interface Cost {
  readonly name: string;
  readonly status: number;
  readonly bytes: number;
  readonly loopMs: number;
  readonly threadMs: number;
  readonly processMs: number;
}

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const milliseconds = ({ user, system }: { user: number; system: number }) => (user + system) / 1000;
const rounds = option('rounds', 5);
const server = await startInProcess();
const readonlyKey = await server.makeKey('readonly');
const clusters = '/api/v1/tenants/demo/clusters';
await server.send({ method: 'POST', path: clusters, body: { name: 'one' } });
await server.send({ method: 'POST', path: '/api/v1/tenants/demo/secrets', body: { name: 'one', secretPath: 'a' } });

async function costOf({ name, method, path, headers, body = '', isReadonly = false }: CostlyRequest): Promise<Cost> {
  const samples: Omit<Cost, 'name' | 'status' | 'bytes'>[] = [];
  let status = 0;
  for (let round = 0; round < rounds + 1; round += 1) {
    const idempotencyKey = headers['idempotency-key'] === 'k' ? { 'idempotency-key': `${name.length}-${round}-${performance.now()}` } : {};
    const sent = { authorization: `Bearer ${isReadonly ? readonlyKey : server.adminKey}`, ...headers, ...idempotencyKey };
    const loop = performance.eventLoopUtilization();
    const ofThread = process.threadCpuUsage();
    const ofProcess = process.cpuUsage();
    const answer = await server.plane.http.inject({
      method: method as 'GET',
      url: path,
      headers: sent,
      ...(body ? { payload: body } : {}),
    });
    const { active } = performance.eventLoopUtilization(loop);
    const threadMs = milliseconds(process.threadCpuUsage(ofThread));
    const processMs = milliseconds(process.cpuUsage(ofProcess));
    status = answer.statusCode;
    if (round > 0) samples.push({ loopMs: active, threadMs, processMs });
  }
  const of = (key: keyof (typeof samples)[number]) => Math.round(10 * median(samples.map((sample) => sample[key]))) / 10;
  return { name, status, bytes: Buffer.byteLength(body), loopMs: of('loopMs'), threadMs: of('threadMs'), processMs: of('processMs') };
}

const costs: Cost[] = [];
for (const request of costlyRequests()) costs.push(await costOf(request));
await server.stop();

costs.sort((one, other) => other.threadMs - one.threadMs);
console.log(
  `| request (${costs.length} were measured) | status | bytes of body | event loop | its thread | process |\n|---|---|---|---|---|---|`,
);
for (const { name, status, bytes, loopMs, threadMs, processMs } of costs.slice(0, DEAREST))
  console.log(`| ${name} | ${status} | ${bytes} | ${loopMs} ms | ${threadMs} ms | ${processMs} ms |`);
if (process.argv.includes('--json')) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(RESULTS, `${JSON.stringify({ machine, rounds, mostMs: MOST_MS, dearest: costs.slice(0, DEAREST) }, undefined, 1)}\n`);
}
const dear = costs.filter(({ threadMs }) => threadMs > MOST_MS);
console.log(dear.length === 0 ? `None takes more than ${MOST_MS} ms of event loop.` : `${dear.length} take more than ${MOST_MS} ms.`);
process.exitCode = dear.length === 0 ? 0 : 1;
