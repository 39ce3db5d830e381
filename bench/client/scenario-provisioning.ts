import type { Random } from '@openkupe/contract/random';
import { quantile } from '../harness/statistics.ts';
import type { Send, SimResponse } from './exchange.ts';
import type { Measures, Trial } from './measure.ts';
import { ourClient } from './ours.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const CLUSTERS = 100;
const BASE = '/api/v1/tenants/acme/clusters';

/** `status`: the cluster is shown with its phase. `kubeconfig`: what is asked for is 503 until the cluster is ready. */
type Goal = 'status' | 'kubeconfig';
type Poller = (send: Send, name: string, seed: number, goal: Goal) => Promise<unknown>;

function every(intervalMs: (polls: number) => number): () => Poller {
  return () => async (send, name, _seed, goal) => {
    const path = goal === 'status' ? `${BASE}/${name}` : `${BASE}/${name}/kubeconfig`;
    for (let polls = 1; ; polls++) {
      const { status, body } = await send({ method: 'GET', path, headers: {} });
      if (status === 200 && (goal === 'kubeconfig' || body.includes('"Running"'))) return;
      await sleep(intervalMs(polls));
    }
  };
}

const POLLERS: readonly { name: string; create: () => Poller }[] = [
  {
    name: 'openkupe',
    create: () => {
      let client: ReturnType<typeof ourClient> | undefined;
      return async (send, name, seed, goal) => {
        client ??= ourClient(send, seed);
        await client.clusters.waitFor(name, 'Running');
        if (goal === 'kubeconfig') await client.clusters.connection(name);
      };
    },
  },
  { name: 'every 10 s (documented script)', create: every(() => 10_000) },
  { name: 'every 2 s', create: every(() => 2_000) },
  { name: '2 s growing to 10 s', create: every((polls) => Math.min(10_000, 2_000 * 1.5 ** (polls - 1))) },
  { name: "the page's backoff (for ever)", create: every((polls) => Math.random() * Math.min(30_000, 1_000 * 2 ** (polls - 1))) },
];

const SORRY: SimResponse = { status: 503, headers: {}, body: '{"error":"The cluster is still becoming ready; try again"}' };

async function once(poller: Poller, goal: Goal, seed: number, random: Random): Promise<Measures> {
  const startedAt = elapsedMs();
  const readyAt = new Map(Array.from({ length: CLUSTERS }, (_, index) => [`c${index}`, startedAt + 60_000 + 540_000 * random.unit()]));
  const isReady = (name: string) => elapsedMs() >= (readyAt.get(name) ?? 0);
  const show = (name: string) => ({ name, status: { phase: isReady(name) ? 'Running' : 'Provisioning' } });
  const answer = (path: string): SimResponse => {
    const [name = '', part] = path.slice(BASE.length + 1).split('/');
    if (part && !isReady(name)) return SORRY;
    const body = path === BASE ? { items: [...readyAt.keys()].map(show) } : show(name);
    return { status: 200, headers: {}, body: JSON.stringify(body) };
  };
  let requests = 0;
  const send: Send = async ({ path }) => {
    requests += 1;
    await sleep(20 + 10 * random.unit());
    const response = answer(path);
    await sleep(20 + 10 * random.unit());
    return response;
  };
  const delays: number[] = [];
  const wait = async (name: string) => {
    await poller(send, name, seed, goal);
    delays.push(elapsedMs() - (readyAt.get(name) ?? 0));
  };
  await runVirtual(() => Promise.all([...readyAt.keys()].map(wait)), 3_600_000);
  return {
    'seen %': (100 * delays.length) / CLUSTERS,
    'requests/cluster': requests / CLUSTERS,
    'mean delay s': delays.reduce((sum, ms) => sum + ms, 0) / delays.length / 1_000,
    'p50 delay s': quantile(delays, 0.5) / 1_000,
    'p99 delay s': quantile(delays, 0.99) / 1_000,
  };
}

const GOALS: readonly (readonly [Goal, string])[] = [
  ['status', `${CLUSTERS} clusters, 1–10 min`],
  ['kubeconfig', `${CLUSTERS} kubeconfigs, 503 for 1–10 min`],
];

/** H: a hundred clusters, each ready after one to ten minutes, each waited for. */
export function provisioningTrials(): Trial[] {
  return GOALS.flatMap(([goal, circumstances]) =>
    POLLERS.map(({ name: client, create }) => ({
      group: 'provisioning',
      scenario: 'H',
      circumstances,
      client,
      once: (seed, random) => once(create(), goal, seed, random),
    })),
  );
}
