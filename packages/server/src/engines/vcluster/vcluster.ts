import type { Clock } from '@openkupe/contract';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { VclusterSettings } from './settings.ts';
import type { Tenants } from './tenant.ts';

/** The parts of the engine, which its verbs work on. */
export interface Vcluster {
  readonly host: KubernetesClient;
  readonly settings: VclusterSettings;
  readonly clock: Clock;
  readonly tenants: Tenants;
}
