/**
 * One limit over one to eight nodes that share a store, their clocks minutes apart: what they admit together of four times the limit, and
 * of a volley that reaches all of them in the same moment. Given: the program of the store, seconds. Prints JSON.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openWire, startRedis } from './redis-process.ts';
import { type StoreNode, startNode } from './store-node.ts';

const [program = '', secondsText = '6'] = process.argv.slice(2);
const SECONDS = Number(secondsText);
const LIMIT = { name: 'address', perSecond: 100, burst: 100, horizonMs: 60_000 };
const DEMAND = 4;
const TICK_MS = 5;
const SKEW_MS = 10 * 60_000;

const redis = await startRedis(program);

async function together(nodes: readonly StoreNode[]): Promise<void> {
  const start = performance.now();
  while (!nodes.every(({ state, nodes: seen }) => state === 'shared' && seen === nodes.length)) {
    if (performance.now() - start > 20_000) throw new Error('The nodes did not find each other');
    await pause(10);
  }
}

async function admittedOf(count: number, oneWayMs: number) {
  const namespace = `nodes-${count}-${oneWayMs}`;
  const wire = await openWire(redis.port, oneWayMs);
  const nodes = Array.from({ length: count }, (_, at) => {
    const skewMs = (SKEW_MS * at) / count;
    return startNode({ port: wire.port, namespace, limit: LIMIT, skewMs });
  });
  await together(nodes);
  const start = performance.now();
  let sent = 0;
  let admitted = 0;
  while (performance.now() - start < SECONDS * 1000) {
    const due = ((performance.now() - start) / 1000) * LIMIT.perSecond * DEMAND;
    for (; sent < due; sent += 1) if (nodes[sent % count]?.decide('192.0.2.1')) admitted += 1;
    await pause(TICK_MS);
  }
  const seconds = (performance.now() - start) / 1000;
  // Another address, so that its bucket is full everywhere.
  const volley = nodes.reduce((sum, node) => sum + Array.from({ length: 150 }, () => node.decide('192.0.2.2')).filter(Boolean).length, 0);
  for (const node of nodes) node.stop();
  wire.close();
  return { nodes: count, oneWayMs, ofLimit: admitted / (LIMIT.burst + seconds * LIMIT.perSecond), volleyOfBurst: volley / LIMIT.burst };
}

const rows = [];
for (const oneWayMs of [0, 5]) for (const count of [1, 2, 4, 8]) rows.push(await admittedOf(count, oneWayMs));
await redis.kill();
console.log(JSON.stringify(rows));
process.exit(0);
