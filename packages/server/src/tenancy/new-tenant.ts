import type { Plan, Random } from '@openkupe/contract';
import type { TenantSpec } from '../store/resource.ts';
import type { WriteOf } from '../store/store.ts';
import { newUid } from '../store/writes.ts';

/** What a new tenant is made of; its owner is its first admin. */
export interface NewTenant {
  readonly name: string;
  readonly displayName: string;
  readonly contactEmail: string;
  readonly plan: Plan['name'];
  readonly allowsDedicated?: boolean | undefined;
}

/** The write that makes a tenant with nothing in it. */
export function newTenantWrite(random: Random, tenant: NewTenant): Extract<WriteOf<'tenant'>, { verb: 'create' }> {
  const contactEmail = tenant.contactEmail.toLowerCase();
  const spec: TenantSpec = {
    displayName: tenant.displayName,
    contactEmail,
    plan: tenant.plan,
    enforceMetricsLimit: false,
    enforceLogLimit: false,
    members: [{ email: contactEmail, role: 'admin' }],
    ...(tenant.allowsDedicated ? { allowsDedicated: true } : {}),
  };
  return {
    verb: 'create',
    key: { kind: 'tenant', tenant: tenant.name, name: tenant.name },
    uid: newUid(random),
    spec,
    observed: { clusterCount: 0, allocated: { cpu: '0', memory: '0', storage: '0' } },
  };
}
