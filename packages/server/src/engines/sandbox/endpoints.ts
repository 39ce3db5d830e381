import type { Clock, Random } from '@openkupe/contract';
import { issueServerCertificate } from '../x509/certificates.ts';
import { type ApiServerState, openApiServer } from './api-server.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { ReadHandler } from './secret-store.ts';
import { HOST, type TlsListener } from './tls-listener.ts';

/** The TLS endpoints that this process runs, at most one per cluster. */
export interface Endpoints {
  isListening(uid: string): boolean;
  /** Opens the endpoint of the cluster, or renews its certificate before it expires; returns its port. */
  open(record: ClusterRecord, state: () => ApiServerState): Promise<number>;
  close(uid: string): Promise<void>;
  closeAll(): Promise<void>;
  /** `https://…` of a port. */
  url(port: number): string;
}

/** A certificate is renewed this long before it ends. */
const RENEWED_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** Makes the endpoints of one sandbox; none is open yet. */
export function createEndpoints(options: { readonly clock: Clock; readonly random: Random; readonly handleRead: ReadHandler }): Endpoints {
  const { clock, random, handleRead } = options;
  const servers = new Map<string, TlsListener>();
  const certificateFor = ({ authority, name, tenant }: ClusterRecord) =>
    issueServerCertificate(authority, ['localhost', `${name}.${tenant}.localhost`], clock.now(), random);
  const close = async (uid: string) => {
    const server = servers.get(uid);
    servers.delete(uid);
    await server?.close();
  };
  return {
    isListening: (uid) => servers.get(uid)?.isListening ?? false,
    async open(record, state) {
      const running = servers.get(record.uid);
      if (running?.isListening) {
        if (running.certificateEndsAt - clock.now() < RENEWED_BEFORE_MS) await running.renew(certificateFor(record));
        return running.port;
      }
      const server = await openApiServer({
        port: record.port ?? 0,
        certificate: () => certificateFor(record),
        state,
        handleRead: (request) => handleRead(record, request),
      });
      servers.set(record.uid, server);
      return server.port;
    },
    close,
    async closeAll() {
      await Promise.all([...servers.keys()].map(close));
    },
    url: (port) => `https://${HOST}:${port}`,
  };
}
