import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, expect, it } from 'vitest';
import { followClusters, type HostClient } from './follow-clusters.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { labelsOf } from './labels.ts';

const KIND = { apiVersion: 'v1', plural: 'namespaces' };
const objectOf = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: labelsOf({ tenant: 'acme', name, uid: `uid-${name}` }) },
});
const clock = createManualClock();
let stop: AbortController;
let reported: string[];
let change: (uid: string, object: KubernetesObject) => void;
beforeEach(() => {
  stop = new AbortController();
  reported = [];
  const onChange = (_kind: unknown, listener: typeof change) => {
    change = listener;
  };
  const host = { onChange } as unknown as HostClient;
  followClusters({ host, clock }, [KIND], ({ tenant, name }) => reported.push(`${tenant}/${name}`), stop.signal);
});

it('reports changes of a cluster that come together once, and a later one again', async () => {
  for (const name of ['web', 'web', 'api', 'web']) change(`uid-${name}`, objectOf(name));
  await clock.advance(200);
  expect(reported.sort()).toEqual(['acme/api', 'acme/web']);
  change('uid-web', objectOf('web'));
  await clock.advance(200);
  expect(reported).toHaveLength(3);
});

it('reports nothing of an object that does not say whose it is, and nothing after the end', async () => {
  change('uid-web', { ...objectOf('web'), metadata: { name: 'web' } });
  change('uid-api', objectOf('api'));
  stop.abort();
  await clock.advance(200);
  expect(reported).toEqual([]);
});
