import type { Clock, Random } from '@openkupe/contract';
import { hashApiKey, mintApiKey } from './auth/api-key.ts';
import type { Store } from './store/store.ts';

/** The tenant of a new installation. */
export const FIRST_TENANT = 'demo';
const FIRST_OWNER = 'owner@demo.example';
const OPERATOR = 'operator';

interface FirstTenantPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pepper: Uint8Array;
}

const newUid = (random: Random) => Buffer.from(random.bytes(12)).toString('hex');

/** Issues an admin key for the first tenant on behalf of whoever runs the process. Returns the key: it is stored nowhere. */
export async function issueFirstTenantKey(ports: FirstTenantPorts, displayName: string): Promise<string> {
  for (;;) {
    const minted = mintApiKey(ports.random);
    const key = { kind: 'api-key', tenant: FIRST_TENANT, name: minted.id } as const;
    const outcome = await ports.store.commit({
      at: ports.clock.now(),
      writes: [
        {
          verb: 'create',
          key,
          uid: newUid(ports.random),
          spec: { displayName, role: 'admin', createdBy: FIRST_OWNER, keyHash: hashApiKey(minted, ports.pepper) },
          observed: {},
        },
      ],
      audit: { tenant: FIRST_TENANT, actor: OPERATOR, action: 'api-keys.create', target: `apikeys/${minted.id}`, requestId: 'start' },
      events: [{ key, type: 'created', message: `API key ${minted.id} was issued at the start of the control plane` }],
    });
    if (outcome.outcome === 'written') return minted.text;
  }
}

/** On an empty store, makes the first tenant with an admin key and returns the key; otherwise does nothing. */
export async function ensureFirstTenant(ports: FirstTenantPorts): Promise<string | undefined> {
  if ((await ports.store.list('tenant')).length > 0) return undefined;
  const key = { kind: 'tenant', tenant: FIRST_TENANT, name: FIRST_TENANT } as const;
  const outcome = await ports.store.commit({
    at: ports.clock.now(),
    writes: [
      {
        verb: 'create',
        key,
        uid: newUid(ports.random),
        spec: {
          displayName: 'Demo',
          contactEmail: FIRST_OWNER,
          plan: 'pro',
          enforceMetricsLimit: false,
          enforceLogLimit: false,
          members: [{ email: FIRST_OWNER, role: 'admin' }],
        },
        observed: { clusterCount: 0, allocated: { cpu: '0', memory: '0', storage: '0' } },
      },
    ],
    audit: { tenant: FIRST_TENANT, actor: OPERATOR, action: 'tenants.create', target: `tenants/${FIRST_TENANT}`, requestId: 'start' },
    events: [{ key, type: 'created', message: `Tenant "${FIRST_TENANT}" was created at the first start` }],
  });
  return outcome.outcome === 'written' ? issueFirstTenantKey(ports, 'first admin key') : undefined;
}
