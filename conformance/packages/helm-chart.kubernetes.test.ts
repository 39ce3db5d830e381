import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOST_PROGRAMS, type Host, startHost } from '../kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../kubernetes/programs.ts';
import { HELM, type KubernetesObject, NAMESPACE, NEEDS_HELM, render, VALUE_SETS } from './helm-chart.ts';

const SLOW_MS = 120_000;
/** Names in paths, where they are not the kind in small letters with an "s". */
const PLURALS: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' };

function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = kind.startsWith('Cluster') ? '' : `/namespaces/${metadata.namespace ?? NAMESPACE}`;
  return `${group}${namespace}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}/${metadata.name}`;
}

describe.skipIf(!HOST_PROGRAMS)(`the objects of the chart, at a real API server ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  beforeAll(async () => {
    host = await startHost();
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    expect((await host.ask('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE, labels } })).status).toBe(201);
  }, SLOW_MS);
  afterAll(() => host?.end());

  it.skipIf(!HELM).each(VALUE_SETS)(`are taken, without a field that it does not know: %s ${NEEDS_HELM}`, async (set) => {
    const query = '?dryRun=All&fieldManager=helm&fieldValidation=Strict';
    // NOTE: the kind of the Prometheus operator is not known here.
    for (const object of render(set).filter(({ kind }) => kind !== 'ServiceMonitor')) {
      const { status, body } = await host.ask('PATCH', `${pathOf(object)}${query}`, object, 'application/apply-patch+yaml');
      expect([object.kind, status], body).toEqual([object.kind, 201]);
    }
  });

  it.skipIf(!HELM).each(VALUE_SETS)(`have a pod that a namespace of the profile "restricted" admits: %s ${NEEDS_HELM}`, async (set) => {
    const { template } = render(set).find(({ kind }) => kind === 'Deployment')?.spec ?? {};
    const spec = { ...template.spec, serviceAccountName: 'default' };
    await expect
      .poll(async () => (await host.ask('GET', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`)).status, { timeout: 30_000 })
      .toBe(200);
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried', labels: template.metadata.labels }, spec };
    const { status, body } = await host.ask('POST', `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All&fieldValidation=Strict`, pod);
    expect(status, body).toBe(201);
  });
});
