import type { Clock } from '@openkupe/contract';
import type { BindRoles } from '../kubernetes/bind-roles.ts';
import type { HostClient } from '../kubernetes/follow-clusters.ts';
import type { VclusterSettings } from './settings.ts';
import type { Tenants } from './tenant.ts';

/** The parts of the engine, which its verbs work on. */
export interface Vcluster {
  readonly host: HostClient;
  readonly settings: VclusterSettings;
  readonly clock: Clock;
  readonly tenants: Tenants;
  readonly bindRoles: BindRoles;
}
