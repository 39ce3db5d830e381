/**
 * The server's limits beside the limiters that Node programs use, on their own where there is nothing to compare with, and in the whole
 * server.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { runWorker } from '../harness/worker.ts';
import { measureClients } from './clients.ts';
import { decisionPlans, measureDecisions } from './decisions.ts';
import { measureOverload } from './overload.ts';
import type { Results } from './results.ts';
import { measureServer } from './server.ts';
import {
  attacksTable,
  clientsTable,
  decisionsTable,
  guessingTable,
  overloadTable,
  promisesTable,
  serverTable,
  stormsTable,
} from './tables.ts';
import { TARGETS } from './targets.ts';

const QUICK_CLIENTS = [{ calls: 200, perSecond: 20, burst: 100 }];
const CLIENTS = [
  { calls: 300, perSecond: 10, burst: 10 },
  { calls: 700, perSecond: 20, burst: 100 },
];
const QUICK_OVERLOAD = { secondsEach: 2, factors: [2], elephants: [4] };
const OVERLOAD = { secondsEach: 8, factors: [1, 2, 5], elephants: [1, 4, 16] };

function measuredBy<Result>(file: string, given: readonly string[]): Promise<Result> {
  return runWorker(new URL(file, import.meta.url), given) as Promise<Result>;
}

/** The benchmark of the limits. */
export const benchmark: Benchmark<Results> = {
  parts: {
    decisions: { measure: (isQuick) => measureDecisions(decisionPlans(isQuick)), table: decisionsTable },
    promises: { measure: (isQuick) => measuredBy('promises.worker.ts', [isQuick ? '60' : '300']), table: promisesTable },
    storms: { measure: (isQuick) => measuredBy('storms.worker.ts', [isQuick ? '5' : '20']), table: stormsTable },
    clients: { measure: (isQuick) => measureClients(isQuick ? QUICK_CLIENTS : CLIENTS), table: clientsTable },
    guessing: { measure: () => measuredBy('guessing.worker.ts', []), table: guessingTable },
    attacks: {
      measure: (isQuick) => measuredBy('attacks.worker.ts', isQuick ? ['1000000', '5'] : ['10000000', '60']),
      table: attacksTable,
    },
    server: { measure: (isQuick) => measureServer(isQuick ? 4 : 30), table: serverTable },
    overload: { measure: (isQuick) => measureOverload(isQuick ? QUICK_OVERLOAD : OVERLOAD), table: overloadTable },
  },
  targets: TARGETS,
};
