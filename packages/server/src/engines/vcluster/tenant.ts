import type { Clock } from '@openkupe/contract';
import type { ClusterAccess, ClusterRef } from '../engine.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { createClusterClients } from '../kubernetes/cluster-clients.ts';
import { hostNames } from './host-names.ts';
import { type HostObject, resourceOf, sha256 } from './host-object.ts';
import { type Exposure, publicHost } from './settings.ts';

/** A cluster's own API server: how users reach it, and the administrator's client of it. */
export interface Tenant extends ClusterAccess {
  readonly client: KubernetesClient;
}

/** The administrator's clients of all clusters, each with its connections. */
export interface Tenants {
  /** The client that the Secret `vc-NAME` and the Service lead to; `undefined` until both say enough. */
  of(ref: ClusterRef, service: HostObject | undefined): Promise<Tenant | undefined>;
  /** Reads the Secret again at the next {@link of}, because the API server did not answer. */
  distrust(uid: string): void;
  /** Closes the connections to a cluster. */
  forget(uid: string): void;
  closeAll(): void;
}

interface Service {
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly nodePort?: number }[] };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}

/** Where users reach a cluster; `undefined` until its Service has an address. */
export function endpointOf(exposure: Exposure, ref: ClusterRef, service: HostObject | undefined): string | undefined {
  const { spec, status } = (service ?? {}) as Service;
  const host = publicHost(exposure, ref);
  if (exposure.by === 'load-balancer') {
    const [ingress] = status?.loadBalancer?.ingress ?? [];
    const address = ingress?.hostname ?? ingress?.ip;
    return address === undefined ? undefined : `https://${address.includes(':') ? `[${address}]` : address}`;
  }
  if (exposure.by !== 'node-port') return `https://${host}`;
  const port = spec?.ports?.find(({ name }) => name === 'https')?.nodePort;
  return port === undefined || port === 0 ? undefined : `https://${host}:${port}`;
}

/** How long a Secret counts whose credential works. A credential lives a year and is renewed long before its end. In milliseconds. */
const VALID_MS = 10 * 60_000;

/** Clients of the clusters on one host. */
export function createTenants(host: KubernetesClient, exposure: Exposure, clock: Clock): Tenants {
  const clients = createClusterClients<Tenant>();
  /** When the Secret of a cluster was read last, by its uid. */
  const readAtMs = new Map<string, number>();
  const isFresh = (uid: string) => clock.monotonic() - (readAtMs.get(uid) ?? Number.NEGATIVE_INFINITY) < VALID_MS;
  function forget(uid: string): void {
    clients.forget(uid);
    readAtMs.delete(uid);
  }
  return {
    async of(ref, service) {
      const { release, namespace } = hostNames(ref);
      const endpoint = endpointOf(exposure, ref, service);
      const before = clients.get(ref.uid);
      if (before && before.endpoint === endpoint && isFresh(ref.uid)) return before;
      const secret = await host.get<HostObject>(resourceOf('Secret'), { name: `vc-${release}`, namespace });
      const data = (secret?.data ?? {}) as Readonly<Record<string, string>>;
      const [caPem, certificatePem, keyPem] = ['certificate-authority', 'client-certificate', 'client-key'].map((name) =>
        Buffer.from(data[name] ?? '', 'base64').toString(),
      );
      if (!endpoint || !caPem || !certificatePem || !keyPem) return undefined;
      readAtMs.set(ref.uid, clock.monotonic());
      // NOTE: its certificate is renewed, and each of them has connections of its own.
      return clients.of(ref.uid, sha256(JSON.stringify([endpoint, caPem, certificatePem])), () => ({
        endpoint,
        caPem,
        client: createKubernetesClient({ server: endpoint, caPem, credential: { type: 'certificate', certificatePem, keyPem } }),
      }));
    },
    distrust: (uid) => void readAtMs.delete(uid),
    forget,
    closeAll: () => clients.closeAll(),
  };
}
