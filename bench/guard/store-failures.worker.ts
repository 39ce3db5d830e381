/**
 * Two nodes that share one limit, asked for three times of it without a pause, while their store is killed, stopped, cut off or emptied:
 * what they admit meanwhile, how long decisions take, and how long they need to notice and to recover. Given: the program of the store, the
 * length of a failure in seconds. Prints JSON.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openWire, type RedisProcess, startRedis, type Wire } from './redis-process.ts';
import { quantile } from './statistics.ts';
import { type StoreNode, startNode } from './store-node.ts';

const [program = '', secondsText = '5'] = process.argv.slice(2);
const FAILURE_MS = Number(secondsText) * 1000;
const LIMIT = { name: 'address', perSecond: 100, burst: 100, horizonMs: 60_000 };
const DEMAND = 3;
const TICK_MS = 5;
const BEFORE_MS = 2000;
const AFTER_MS = 2000;

interface World {
  readonly redis: RedisProcess;
  readonly wires: readonly Wire[];
}

interface Failure {
  readonly name: string;
  readonly lastsMs: number;
  begin(world: World): Promise<void> | void;
  end(world: World): Promise<void> | void;
}

const FAILURES: readonly Failure[] = [
  { name: 'none', lastsMs: FAILURE_MS, begin() {}, end() {} },
  {
    name: `killed, back and empty after ${FAILURE_MS / 1000} s`,
    lastsMs: FAILURE_MS,
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  { name: 'stopped for 0.5 s', lastsMs: 500, begin: ({ redis }) => redis.stall(), end: ({ redis }) => redis.goOn() },
  {
    name: `cut off from both nodes for ${FAILURE_MS / 1000} s`,
    lastsMs: FAILURE_MS,
    begin: ({ wires }) => wires.forEach((wire) => void wire.cut()),
    end: ({ wires }) => wires.forEach((wire) => void wire.mend()),
  },
  {
    name: `cut off from one of two for ${FAILURE_MS / 1000} s`,
    lastsMs: FAILURE_MS,
    begin: ({ wires }) => wires[0]?.cut(),
    end: ({ wires }) => wires[0]?.mend(),
  },
];

/** Keeps asking both nodes in turn until a time, or until something is so; returns what they admitted and how long it took. */
async function ask(nodes: readonly StoreNode[], untilMs: number, isOver: () => boolean = () => false) {
  const start = performance.now();
  let sent = 0;
  let admitted = 0;
  while (performance.now() < untilMs && !isOver()) {
    const due = ((performance.now() - start) / 1000) * LIMIT.perSecond * DEMAND;
    for (; sent < due; sent += 1) if (nodes[sent % nodes.length]?.decide('192.0.2.1')) admitted += 1;
    await pause(TICK_MS);
  }
  return { admitted, tookMs: performance.now() - start };
}

async function measure(failure: Failure, turn: number) {
  const redis = await startRedis(program);
  const wires = await Promise.all([openWire(redis.port), openWire(redis.port)]);
  const nodes = wires.map(({ port }) => startNode({ port, namespace: `failure-${turn}`, limit: LIMIT }));
  const areShared = () => nodes.every(({ state, nodes: seen }) => state === 'shared' && seen === nodes.length);
  await ask(nodes, performance.now() + 10_000, areShared);
  await ask(nodes, performance.now() + BEFORE_MS);

  const beganMs = performance.now();
  let noticedMs: number | undefined;
  const watch = setInterval(() => {
    if (nodes.some(({ state }) => state === 'local-share')) noticedMs ??= performance.now() - beganMs;
  }, 5);
  for (const node of nodes) node.decisionsMs.length = 0;
  await failure.begin({ redis, wires });
  const during = await ask(nodes, beganMs + failure.lastsMs);
  await failure.end({ redis, wires });
  const endedMs = performance.now();
  // A node that is in good company may not have noticed yet that it was not.
  const recovering = await ask(nodes, endedMs + 10_000, () => performance.now() - endedMs > 50 && areShared());
  const recoveredMs = areShared() ? recovering.tookMs : undefined;
  const after = await ask(nodes, performance.now() + AFTER_MS);
  clearInterval(watch);
  const decisions = Float64Array.from(nodes.flatMap(({ decisionsMs }) => decisionsMs)).sort();

  for (const node of nodes) node.stop();
  for (const wire of wires) wire.close();
  await redis.kill();
  const ofLimit = ({ admitted, tookMs }: { admitted: number; tookMs: number }) => admitted / ((tookMs / 1000) * LIMIT.perSecond);
  return {
    failure: failure.name,
    admittedOfLimit: ofLimit(during),
    afterwardsOfLimit: ofLimit(after),
    noticedMs,
    recoveredMs,
    p50Us: quantile(decisions, 0.5) * 1000,
    p99Us: quantile(decisions, 0.99) * 1000,
    slowestMs: quantile(decisions, 1),
  };
}

const rows = [];
for (const [turn, failure] of FAILURES.entries()) rows.push(await measure(failure, turn));
console.log(JSON.stringify(rows));
process.exit(0);
