import type { Send, SimResponse } from './exchange.ts';
import { overSeeds, type Row } from './measure.ts';
import { ourClient } from './ours.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const CLUSTERS = 100;
const BASE = '/api/v1/tenants/acme/clusters';

type Poller = (send: Send, name: string, seed: number) => Promise<unknown>;

function every(intervalMs: (polls: number) => number): () => Poller {
  return () => async (send, name) => {
    for (let polls = 1; ; polls++) {
      const { body } = await send({ method: 'GET', path: `${BASE}/${name}`, headers: {} });
      if (body.includes('"Running"')) return;
      await sleep(intervalMs(polls));
    }
  };
}

const POLLERS: readonly { name: string; create: () => Poller }[] = [
  {
    name: 'openkupe',
    create: () => {
      let client: ReturnType<typeof ourClient> | undefined;
      return (send, name, seed) => {
        client ??= ourClient(send, seed);
        return client.clusters.waitFor(name, 'Running');
      };
    },
  },
  { name: 'every 10 s (documented script)', create: every(() => 10_000) },
  { name: 'every 2 s', create: every(() => 2_000) },
  { name: '2 s growing to 10 s', create: every((polls) => Math.min(10_000, 2_000 * 1.5 ** (polls - 1))) },
];

/** H: a hundred clusters, each ready after one to ten minutes, each waited for. */
export async function provisioning(seeds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name: client, create } of POLLERS)
    rows.push(
      await overSeeds({ scenario: 'H', circumstances: `${CLUSTERS} clusters, 1–10 min`, client, seeds }, async (seed, random) => {
        const startedAt = elapsedMs();
        const readyAt = new Map(
          Array.from({ length: CLUSTERS }, (_, index) => [`c${index}`, startedAt + 60_000 + 540_000 * random.unit()]),
        );
        const show = (name: string) => ({ name, status: { phase: elapsedMs() >= (readyAt.get(name) ?? 0) ? 'Running' : 'Provisioning' } });
        let requests = 0;
        const send: Send = async ({ path }): Promise<SimResponse> => {
          requests += 1;
          await sleep(40 + 20 * random.unit());
          const body = path === BASE ? { items: [...readyAt.keys()].map(show) } : show(path.split('/').at(-1) ?? '');
          return { status: 200, headers: {}, body: JSON.stringify(body) };
        };
        const poller = create();
        const delays: number[] = [];
        const wait = async (name: string) => {
          await poller(send, name, seed);
          delays.push(elapsedMs() - (readyAt.get(name) ?? 0));
        };
        await runVirtual(() => Promise.all([...readyAt.keys()].map(wait)), 3_600_000);
        return {
          'requests/cluster': requests / CLUSTERS,
          'mean delay s': delays.reduce((sum, ms) => sum + ms, 0) / delays.length / 1_000,
          'seen %': delays.length,
        };
      }),
    );
  return rows;
}
