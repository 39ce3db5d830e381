/**
 * What one request of permitted size can cost. Sends every route expensive bodies, headers and targets, within one process, and keeps the ten
 * most expensive, the median of the rounds per request in milliseconds: how long the event loop was busy, during which no other request is served;
 * the processor time of its thread, which is the same on an idle machine and does not grow with what else runs on it; and the processor
 * time of the process, collector and store included.
 */
import { performance } from 'node:perf_hooks';
import { type InProcess, startInProcess } from '../../packages/server/src/testing/in-process.ts';
import { inject } from '../../packages/server/src/testing/inject.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { spreadOf } from '../harness/statistics.ts';
import { markdown } from '../harness/table.ts';
import { type CostlyRequest, costlyRequests } from './requests.ts';

/** The most that a request may take of the event loop, in milliseconds. */
const MOST_MS = 25;
const SHOWN = 10;

interface Cost {
  readonly name: string;
  readonly status: number;
  readonly bytes: number;
  readonly loopMs: number;
  readonly threadMs: number;
  readonly processMs: number;
}

interface Result {
  readonly requests: number;
  readonly mostExpensive: readonly Cost[];
}

interface Results {
  readonly requests: Result;
}

interface Scene {
  readonly server: InProcess;
  readonly readonlyKey: string;
}

async function start(): Promise<Scene> {
  const server = await startInProcess();
  const readonlyKey = await server.makeKey('readonly');
  const clusters = '/api/v1/tenants/demo/clusters';
  await server.send({ method: 'POST', path: clusters, body: { name: 'one' } });
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/secrets', body: { name: 'one', secretPath: 'a' } });
  return { server, readonlyKey };
}

const milliseconds = ({ user, system }: { user: number; system: number }) => (user + system) / 1000;
async function costOf(
  { name, method, path, headers, body = '', isReadonly = false }: CostlyRequest,
  { server, readonlyKey }: Scene,
  rounds: number,
): Promise<Cost> {
  const samples: Omit<Cost, 'name' | 'status' | 'bytes'>[] = [];
  let status = 0;
  for (let round = 0; round < rounds + 1; round += 1) {
    const idempotencyKey = headers['idempotency-key'] === 'k' ? { 'idempotency-key': `${name.length}-${round}-${performance.now()}` } : {};
    const sent = { authorization: `Bearer ${isReadonly ? readonlyKey : server.adminKey}`, ...headers, ...idempotencyKey };
    const loop = performance.eventLoopUtilization();
    const ofThread = process.threadCpuUsage();
    const ofProcess = process.cpuUsage();
    const answer = await inject(server.plane.http, {
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
  const of = (key: keyof (typeof samples)[number]) => Math.round(10 * spreadOf(samples.map((sample) => sample[key])).median) / 10;
  return { name, status, bytes: Buffer.byteLength(body), loopMs: of('loopMs'), threadMs: of('threadMs'), processMs: of('processMs') };
}

async function measure(isQuick: boolean): Promise<Result> {
  const scene = await start();
  const costs: Cost[] = [];
  for (const request of costlyRequests()) costs.push(await costOf(request, scene, isQuick ? 1 : 5));
  await scene.server.stop();
  return { requests: costs.length, mostExpensive: costs.toSorted((one, other) => other.threadMs - one.threadMs).slice(0, SHOWN) };
}

function table({ requests, mostExpensive }: Result): string {
  const headings = [`request (${requests} were measured)`, 'status', 'bytes of body', 'event loop ms', 'its thread ms', 'process ms'];
  const lines = mostExpensive.map(({ name, ...numbers }) => [name, ...Object.values(numbers).map(String)]);
  return markdown(headings, lines);
}

/** The benchmark of what a request may cost. */
export const benchmark: Benchmark<Results> = {
  parts: { requests: { measure, table } },
  targets: [
    { text: 'thread time of the most expensive request, ms', of: ({ requests }) => requests?.mostExpensive[0]?.threadMs, atMost: MOST_MS },
  ],
};
