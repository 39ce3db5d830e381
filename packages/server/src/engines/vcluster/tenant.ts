import type { Clock } from '@openkupe/contract';
import type { ClusterAccess, ClusterRef } from '../engine.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
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
  const known = new Map<string, { key: string; readAtMs: number; readonly tenant: Tenant }>();
  function forget(uid: string): void {
    known.get(uid)?.tenant.client.close();
    known.delete(uid);
  }
  return {
    async of(ref, service) {
      const { release, namespace } = hostNames(ref);
      const server = endpointOf(exposure, ref, service);
      const before = known.get(ref.uid);
      if (before && before.tenant.endpoint === server && clock.monotonic() - before.readAtMs < VALID_MS) return before.tenant;
      const secret = await host.get<HostObject>(resourceOf('Secret'), { name: `vc-${release}`, namespace });
      const data = (secret?.data ?? {}) as Readonly<Record<string, string>>;
      const [caPem, certificatePem, keyPem] = ['certificate-authority', 'client-certificate', 'client-key'].map((name) =>
        Buffer.from(data[name] ?? '', 'base64').toString(),
      );
      if (!server || !caPem || !certificatePem || !keyPem) return undefined;
      // NOTE: its certificate is renewed, and each of them has connections of its own.
      const key = sha256(JSON.stringify([server, caPem, certificatePem]));
      const readAtMs = clock.monotonic();
      if (before?.key === key) {
        before.readAtMs = readAtMs;
        return before.tenant;
      }
      forget(ref.uid);
      const client = createKubernetesClient({ server, caPem, credential: { type: 'certificate', certificatePem, keyPem } });
      const tenant = { endpoint: server, caPem, client };
      known.set(ref.uid, { key, readAtMs, tenant });
      return tenant;
    },
    distrust(uid) {
      const found = known.get(uid);
      if (found) found.readAtMs = Number.NEGATIVE_INFINITY;
    },
    forget,
    closeAll() {
      for (const uid of [...known.keys()]) forget(uid);
    },
  };
}
