import { CLUSTER_PHASES } from '../cluster-lifecycle.ts';
import { LIMITS } from '../limits.ts';
import {
  CLUSTER_TYPES,
  Cluster,
  ClusterCreate,
  ClusterExplanation,
  ClusterList,
  ClusterPatch,
  ConnectionDetails,
} from '../resources/cluster.ts';
import { LABEL_SELECTOR, NAME_PREFIX, oneWordOf, PAGE_QUERY, VERSION_FILTER } from './query.ts';
import type { Route } from './route.ts';

const COLLECTION = '/api/v1/tenants/{tenant}/clusters';
const ONE = `${COLLECTION}/{name}`;

/** The routes of clusters. */
export const CLUSTER_ROUTES = [
  {
    id: 'clusters.list',
    method: 'GET',
    path: COLLECTION,
    summary: 'List the clusters of a tenant, by name.',
    access: 'readonly',
    query: {
      ...PAGE_QUERY,
      namePrefix: NAME_PREFIX,
      phase: oneWordOf(CLUSTER_PHASES, 'Only clusters in this phase.'),
      version: VERSION_FILTER,
      type: oneWordOf(CLUSTER_TYPES, 'Only clusters of this type.'),
      labelSelector: LABEL_SELECTOR,
    },
    success: { status: 200, body: ClusterList, etag: true },
    refusals: [],
  },
  {
    id: 'clusters.create',
    method: 'POST',
    path: COLLECTION,
    summary: 'Create a cluster. It is built after the answer: watch status.phase.',
    access: 'admin',
    body: ClusterCreate,
    example: { name: 'one', resources: { cpu: '1', memory: '2Gi', storage: '10Gi' } },
    mostBytes: LIMITS.clusterBodyBytes,
    success: { status: 201, body: Cluster, etag: true },
    refusals: [409],
  },
  {
    id: 'clusters.get',
    method: 'GET',
    path: ONE,
    summary: 'Read a cluster and its ETag.',
    access: 'readonly',
    success: { status: 200, body: Cluster, etag: true },
    refusals: [404],
  },
  {
    id: 'clusters.update',
    method: 'PATCH',
    path: ONE,
    summary:
      'Change version, resources, alerts or labels. Absent fields keep their value; an empty object of resources or labels clears all of them.',
    access: 'admin',
    guardedBy: 'cluster',
    body: ClusterPatch,
    example: { version: '1.33', resources: { cpu: '2' } },
    mostBytes: LIMITS.clusterBodyBytes,
    success: { status: 200, body: Cluster, etag: true },
    refusals: [404, 409, 412],
  },
  {
    id: 'clusters.delete',
    method: 'DELETE',
    path: ONE,
    summary: 'Delete a cluster. It terminates after the answer and is gone when it answers 404.',
    access: 'admin',
    guardedBy: 'cluster',
    success: { status: 204, etag: false },
    refusals: [404, 412],
  },
  {
    id: 'clusters.kubeconfig',
    method: 'GET',
    path: `${ONE}/kubeconfig`,
    summary: 'Where the cluster answers and the CA to trust.',
    access: 'readonly',
    verb: 'connect',
    success: { status: 200, body: ConnectionDetails, etag: false },
    refusals: [404],
  },
  {
    id: 'clusters.connection-details',
    method: 'GET',
    path: `${ONE}/connection-details`,
    summary: 'The same as kubeconfig, under its newer name.',
    access: 'readonly',
    verb: 'connect',
    success: { status: 200, body: ConnectionDetails, etag: false },
    refusals: [404],
  },
  {
    id: 'clusters.explain',
    method: 'GET',
    path: `${ONE}/explain`,
    summary: 'What the control plane does next with the cluster, since when it waits, and for what: observed now, nothing is changed.',
    access: 'readonly',
    success: { status: 200, body: ClusterExplanation, etag: false },
    refusals: [404],
  },
] as const satisfies readonly Route[];
