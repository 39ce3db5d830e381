import type { TestAuthority } from '../../../../../conformance/kubernetes/pki.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';

const ROLES = { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles' };

/** Plays the controller manager of a cluster that has none: puts together what its ClusterRole `view` permits. */
export async function fillViewRole(port: number, authority: TestAuthority): Promise<void> {
  const admin = await authority.issueClient('O=system:masters,CN=admin');
  const credential = { type: 'certificate', ...admin } as const;
  const client = createKubernetesClient({ server: `https://127.0.0.1:${port}`, caPem: authority.caPem, credential });
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }];
  const view = { apiVersion: ROLES.apiVersion, kind: 'ClusterRole', metadata: { name: 'view' }, rules };
  await client.apply(ROLES, view, { isForced: true }).finally(() => client.close());
}
