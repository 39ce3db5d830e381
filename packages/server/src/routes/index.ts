import type { RouteId } from '@openkupe/contract';
import type { AnyHandler } from '../pipeline/handler.ts';
import { createApiKey } from './api-keys/create.ts';
import { deleteApiKey } from './api-keys/delete.ts';
import { listApiKeys } from './api-keys/list.ts';
import { rotateApiKey } from './api-keys/rotate.ts';
import { createCluster } from './clusters/create.ts';
import { deleteCluster } from './clusters/delete.ts';
import { getCluster } from './clusters/get.ts';
import { clusterConnectionDetails, clusterKubeconfig } from './clusters/kubeconfig.ts';
import { listClusters } from './clusters/list.ts';
import { updateCluster } from './clusters/update.ts';
import { addMember } from './members/create.ts';
import { removeMember } from './members/delete.ts';
import { listMembers } from './members/list.ts';
import { updateMember } from './members/update.ts';
import { getPlan } from './plans/get.ts';
import { listPlans } from './plans/list.ts';
import { getTenant } from './tenants/get.ts';
import { updateTenant } from './tenants/update.ts';

/** The handler of every row of the route table; the type makes a missing one a compile error. */
export const HANDLERS: Readonly<Record<RouteId, AnyHandler>> = {
  'tenants.get': getTenant,
  'tenants.update': updateTenant,
  'clusters.list': listClusters,
  'clusters.create': createCluster,
  'clusters.get': getCluster,
  'clusters.update': updateCluster,
  'clusters.delete': deleteCluster,
  'clusters.kubeconfig': clusterKubeconfig,
  'clusters.connection-details': clusterConnectionDetails,
  'members.list': listMembers,
  'members.create': addMember,
  'members.update': updateMember,
  'members.delete': removeMember,
  'api-keys.list': listApiKeys,
  'api-keys.create': createApiKey,
  'api-keys.delete': deleteApiKey,
  'api-keys.rotate': rotateApiKey,
  'plans.list': listPlans,
  'plans.get': getPlan,
};
