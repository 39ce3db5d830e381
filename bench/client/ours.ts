import { systemClock } from '@openkupe/contract/clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { type ClientOptions, createClient, NoAnswer, type Transport } from '@openkupe/sdk';
import type { Contestant, Send, SimClient } from './exchange.ts';

/** Our transport port on the simulated network. */
export function transportOver(send: Send): Transport {
  return {
    name: 'simulated',
    async send({ method, url, headers, body, signal }) {
      const { pathname } = new URL(url);
      try {
        const { status, headers: answered, body: text } = await send({ method, path: pathname, headers, body, signal });
        return { status, headers: { get: (name) => answered[name] }, text };
      } catch (error) {
        const isRefused = (error as { code?: string }).code === 'ECONNREFUSED';
        throw new NoAnswer(isRefused ? 'unreachable' : 'no-answer', 'Simulated: no answer', error);
      }
    },
  };
}

/** A client with a clock object of its own, because clients on one clock with one credential share their pace. */
export function ourClient(send: Send, seed: number, options: Partial<ClientOptions> = {}) {
  return createClient({
    host: 'https://api.example.test',
    tenant: 'acme',
    apiKey: 'kupe_bench',
    clock: { ...systemClock },
    random: createSeededRandom(seed * 7_919 + 1),
    transport: transportOver(send),
    ...options,
  });
}

export const ours: Contestant = {
  name: 'openkupe',
  version: 'this tree',
  create(send, seed): SimClient {
    const client = ourClient(send, seed);
    return ({ method, path, ifMatch, body, signal }) => {
      const name = path.split('/').at(-1) ?? '';
      const options = signal ? { signal } : {};
      if (method === 'GET') return path.endsWith('/clusters') ? client.clusters.list(options) : client.clusters.get(name, options);
      if (method === 'DELETE') return client.clusters.delete(name, options);
      if (method === 'POST') return client.clusters.create(body as { name: string }, options);
      return client.clusters.patch(name, body as object, { ...options, ...(ifMatch === undefined ? {} : { ifMatch }) });
    };
  },
};
