import type { Cluster } from '@openkupe/contract/resources/cluster';
import { CA, clusterFixture, EXPLANATION } from './fixtures.ts';
import type { Reply, SeenRequest } from './http-messages.ts';

type Phase = Cluster['status']['phase'];

/** The phases that a cluster goes through after a write, one step at each GET. A deleted one is gone after its last. */
export interface Journeys {
  created: Phase[];
  changed: Phase[];
  deleted: Phase[];
}

export function notFound(what: string): Reply {
  return { status: 404, body: { error: `${what} was not found` } };
}

function tagged(status: number, cluster: Cluster): Reply {
  return { status, body: cluster, headers: { etag: `"${cluster.resourceVersion}"` } };
}

/** A certificate of which only the end can be told from another one. */
const clientCertificate = ({ lifetimeSeconds = 3_600 }) => ({
  certificate: 'Y2VydA==',
  privateKey: 'a2V5',
  expiresAt: new Date(lifetimeSeconds * 1_000).toISOString().replace('.000', ''),
});

/** The cluster routes over `clusters`, without any of the server's checks but existence and If-Match. */
export class ClusterDouble {
  readonly clusters: Map<string, Cluster>;
  readonly journeys: Journeys;
  readonly #ahead = new Map<string, (Phase | 'gone')[]>();

  constructor(clusters: Map<string, Cluster>, journeys: Journeys) {
    this.clusters = clusters;
    this.journeys = journeys;
  }

  reply({ method, headers, body }: SeenRequest, name: string | undefined, action: string | undefined): Reply {
    if (name === undefined) return method === 'GET' ? this.#list() : this.#create(body as { name: string });
    if (method === 'GET' && action === undefined) this.#advance(name);
    const cluster = this.clusters.get(name);
    if (!cluster) return notFound(`cluster "${name}" in tenant acme`);
    if (action === 'explain') return { status: 200, body: EXPLANATION };
    if (action === 'client-certificate') return { status: 201, body: clientCertificate(body as { lifetimeSeconds?: number }) };
    if (action !== undefined) return this.#connection(cluster);
    if (method === 'GET') return tagged(200, cluster);
    if (method === 'DELETE') return this.#delete(cluster);
    return this.#change(cluster, body as Partial<Cluster>, headers['if-match']);
  }

  #list(): Reply {
    return { status: 200, body: { items: [...this.clusters.values()] } };
  }

  #create(wanted: { name: string; highAvailability?: boolean }): Reply {
    if (this.clusters.has(wanted.name)) return { status: 409, body: { error: `cluster "${wanted.name}" exists already` } };
    const status = { ...clusterFixture(wanted.name).status, observedGeneration: 0 };
    const created = this.#enter(clusterFixture(wanted.name, { ...wanted, status }), 'Pending');
    this.#ahead.set(wanted.name, [...this.journeys.created]);
    const warnings = wanted.highAvailability ? [{ code: 'X', severity: 'warning' as const, message: 'that version retires soon' }] : [];
    return tagged(201, { ...created, warnings });
  }

  #connection({ status }: Cluster): Reply {
    if (status.phase !== 'Running') return { status: 503, body: { error: 'cluster is not yet ready' } };
    return { status: 200, body: { endpoint: status.endpoint, certificateAuthority: CA } };
  }

  #delete(cluster: Cluster): Reply {
    this.#enter(cluster, 'Terminating');
    this.#ahead.set(cluster.name, [...this.journeys.deleted, 'gone']);
    return { status: 204 };
  }

  #change(cluster: Cluster, patch: Partial<Cluster>, guard: string | undefined): Reply {
    if (guard !== undefined && guard.replaceAll('"', '') !== cluster.resourceVersion) {
      return { status: 412, body: { error: 'the cluster changed since it was read; nothing was written' } };
    }
    const resources = { ...cluster.resources, ...patch.resources };
    const resourceVersion = String(Number(cluster.resourceVersion) + 1);
    this.#ahead.set(cluster.name, [...this.journeys.changed]);
    return tagged(200, this.#enter({ ...cluster, ...patch, resources, resourceVersion, generation: cluster.generation + 1 }, 'Upgrading'));
  }

  #advance(name: string): void {
    const cluster = this.clusters.get(name);
    const next = this.#ahead.get(name)?.shift();
    if (next === 'gone') this.clusters.delete(name);
    else if (cluster && next) this.#enter(cluster, next);
  }

  #enter(cluster: Cluster, phase: Phase): Cluster {
    const observedGeneration = phase === 'Running' ? cluster.generation : cluster.status.observedGeneration;
    const entered = { ...cluster, status: { ...cluster.status, phase, observedGeneration } };
    this.clusters.set(cluster.name, entered);
    return entered;
  }
}
