import { expect, it } from 'vitest';
import type { KubernetesClient } from './client.ts';
import { createClusterClients } from './cluster-clients.ts';

it('keeps one client of a cluster, and closes it for another one, and when the cluster is gone', () => {
  const closed: string[] = [];
  const make = (name: string) => () => ({ name, client: { close: () => void closed.push(name) } as KubernetesClient });
  const clients = createClusterClients<ReturnType<ReturnType<typeof make>>>();
  expect(clients.get('uid')).toBeUndefined();
  const first = clients.of('uid', 'key 1', make('first'));
  expect(clients.of('uid', 'key 1', make('unused'))).toBe(first);
  expect(clients.get('uid')).toBe(first);
  expect(clients.of('uid', 'key 2', make('second')).name).toBe('second');
  clients.of('other', 'key 1', make('third'));
  expect(closed).toEqual(['first']);
  clients.forget('uid');
  clients.forget('unknown');
  expect([closed, clients.get('uid')]).toEqual([['first', 'second'], undefined]);
  clients.closeAll();
  expect(closed).toEqual(['first', 'second', 'third']);
});
