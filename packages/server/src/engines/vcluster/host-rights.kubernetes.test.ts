import { readFileSync } from 'node:fs';
import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterRef } from '../engine.ts';
import { createCachedClient } from '../kubernetes/cached-client.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import type { Credential } from '../kubernetes/credential.ts';
import { hostNames } from './host-names.ts';
import { FOLLOWED } from './host-object.ts';
import { REF, SETTINGS, SPEC } from './testing/samples.ts';
import { createVclusterEngine } from './vcluster-engine.ts';

const GUIDE = new URL('../../../../../docs/guide/real-clusters.md', import.meta.url);
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const USER = 'openkupe';
const SLOW_MS = 120_000;

/** The ClusterRole of the guide. */
function documentedRole(): { readonly metadata: { readonly name: string } } {
  const [, text = ''] = /```yaml\n([^`]*kind: ClusterRole\n[^`]*)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];
  return parse(text);
}

describe.skipIf(!HOST_PROGRAMS)(`the rights that the guide gives to openkupe on a host ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let credential: Credential;
  let lives = 0;
  const connect = () => createKubernetesClient({ ...host, credential });
  beforeAll(async () => {
    host = await startHost();
    const role = documentedRole();
    const apiGroup = 'rbac.authorization.k8s.io';
    const binding = {
      metadata: { name: USER },
      roleRef: { apiGroup, kind: 'ClusterRole', name: role.metadata.name },
      subjects: [{ apiGroup, kind: 'User', name: USER }],
    };
    expect((await host.ask('POST', `${RBAC}/clusterroles`, role)).status).toBe(201);
    expect((await host.ask('POST', `${RBAC}/clusterrolebindings`, binding)).status).toBe(201);
    credential = { type: 'certificate', ...(await host.authority.issueClient(`CN=${USER}`)) };
  }, SLOW_MS);
  afterAll(() => host?.end());

  it.each([
    ['one replica, behind an ingress', { by: 'ingress', domain: 'k8s.example' }, false],
    ['high availability, at a port of the nodes', { by: 'node-port', host: 'nodes.example' }, true],
  ] as const)(
    'are enough to make, observe, correct and delete a cluster: %s',
    async (_title, exposure, highAvailability) => {
      lives += 1;
      const ref: ClusterRef = { ...REF, uid: `life-${lives}` };
      const { namespace } = hostNames(ref);
      const cached = createCachedClient({ client: connect(), clock: systemClock, random: systemRandom }, FOLLOWED);
      const engine = createVclusterEngine({
        host: { ...cached, close: () => {} },
        settings: { ...SETTINGS, exposure },
        clock: systemClock,
      });
      await engine.apply(ref, { ...SPEC, highAvailability }, 1);
      await host.ask('DELETE', `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/vc-cp-production`);
      const surplus = { metadata: { name: 'surplus', labels: hostNames(ref).labels } };
      await host.ask('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, surplus);
      const taking = { hostNetwork: true, containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] };
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'of-tenant' }, spec: taking };
      const refused = await host.ask('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
      expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('violates PodSecurity')]);
      const correct = async () => {
        expect(await engine.observe(ref)).toMatchObject({ exists: true, isFaulty: false, appliedGeneration: 1 });
        return (await host.ask('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/surplus`)).status;
      };
      await expect.poll(correct, { timeout: 30_000 }).toBe(404);
      expect(await engine.destroy(ref)).toBe('deleting');
      await engine.close();
    },
    SLOW_MS,
  );

  it('are none beside that: no nodes, no rights to give to others, no webhooks', async () => {
    const client = connect();
    const kinds = [
      { apiVersion: 'v1', plural: 'nodes' },
      { apiVersion: 'v1', plural: 'persistentvolumes' },
      { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles' },
      { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings' },
      { apiVersion: 'admissionregistration.k8s.io/v1', plural: 'mutatingwebhookconfigurations' },
    ];
    for (const kind of kinds) await expect(client.list(kind), kind.plural).rejects.toMatchObject({ reason: 'Forbidden' });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    const granted = client.create({ apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings' }, {
      kind: 'RoleBinding',
      metadata: { name: 'more', namespace: 'default' },
      roleRef,
      subjects: [{ apiGroup: roleRef.apiGroup, kind: 'User', name: USER }],
    } as { kind: string; metadata: { name: string; namespace: string } });
    await expect(granted).rejects.toMatchObject({ reason: 'Forbidden' });
    client.close();
  });
});
