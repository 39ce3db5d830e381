/**
 * Requests at a steady rate, each of which obeys `Retry-After` up to five times, or none of which does. Reads a {@link StreamPlan} as JSON from the
 * standard input, prints a {@link StreamResult}.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRandom } from '../../packages/contract/src/index.ts';
import { mintApiKey } from '../../packages/server/src/auth/api-key.ts';
import { quantile } from '../harness/statistics.ts';

/** What to send. `{n}` in the path stands for the number of the call. */
export interface StreamPlan {
  readonly url: string;
  readonly path: string;
  /** The credentials in turn, none when empty; `forged` is a new one each time that has the form of a key. */
  readonly credentials: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly obeys: boolean;
}

/** What became of it: calls, those that were served (not 429), and how long they waited. */
export interface StreamResult {
  readonly asked: number;
  readonly served: number;
  readonly unauthorised: number;
  readonly p99Seconds: number;
}

const { url, path, credentials, perSecond, seconds, obeys } = JSON.parse(readFileSync(0, 'utf8')) as StreamPlan;
const attempts = obeys ? 5 : 1;
const waits: number[] = [];
let unauthorised = 0;

async function call(at: number): Promise<void> {
  const given = credentials[at % credentials.length];
  const credential = given === 'forged' ? mintApiKey(systemRandom).text : given;
  const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  const startedMs = performance.now();
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const response = await fetch(url + path.replaceAll('{n}', String(at)), { headers });
    await response.arrayBuffer();
    if (response.status === 401) unauthorised += 1;
    if (response.status !== 429) {
      waits.push((performance.now() - startedMs) / 1000);
      return;
    }
    if (attempt < attempts) await sleep(Number(response.headers.get('retry-after')) * 1000);
  }
}

const asked = Math.round(perSecond * seconds);
const startedMs = performance.now();
const calls: Promise<void>[] = [];
while (calls.length < asked) {
  // Each a little off its time, or two streams would keep the same order for ever.
  const dueMs = (1000 / perSecond) * (calls.length + Math.random());
  const aheadMs = dueMs - (performance.now() - startedMs);
  if (aheadMs > 1) await sleep(aheadMs);
  calls.push(call(calls.length).catch(() => {}));
}
await Promise.all(calls);
console.log(JSON.stringify({ asked, served: waits.length, unauthorised, p99Seconds: quantile(waits, 0.99) } satisfies StreamResult));
process.exit(0);
