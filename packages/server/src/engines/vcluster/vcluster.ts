import type { Clock } from '@openkupe/contract';
import type { CachedClient } from '../kubernetes/cached-client.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { VclusterSettings } from './settings.ts';
import type { Tenants } from './tenant.ts';

/** A client of the host; with `onChange`, changes there are noticed before the next observation is due. */
export type HostClient = KubernetesClient & Partial<Pick<CachedClient, 'onChange'>>;

/** The parts of the engine, which its verbs work on. */
export interface Vcluster {
  readonly host: HostClient;
  readonly settings: VclusterSettings;
  readonly clock: Clock;
  readonly tenants: Tenants;
}
