import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import { connectTo } from '../kubernetes/connection.ts';
import { readBody } from '../kubernetes/read-body.ts';
import type { Authority } from '../x509/certificates.ts';
import { HOST } from './free-port.ts';
import { keepCertificate } from './stored-certificate.ts';
import type { Command } from './supervised-process.ts';

/** What is kept of etcd besides its data: its ports, and the authority of its certificates. */
export interface EtcdState {
  readonly port: number;
  readonly peerPort: number;
  readonly authority: Authority;
}

const ASK_MS = 5_000;

/** What is kept in the file; `undefined` where there is none, or one that this version did not write: ports and authority are then made anew. */
export async function readEtcdState(path: string): Promise<EtcdState | undefined> {
  try {
    const { port, peerPort, authority } = (JSON.parse(await readFile(path, 'utf8')) ?? {}) as Partial<EtcdState>;
    return port && peerPort && authority?.certificatePem && authority.privateKeyPem ? { port, peerPort, authority } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The command of etcd. It listens on loopback, and takes only clients with a certificate of its authority. */
export function etcdCommand(program: string, folder: string, { port, peerPort }: EtcdState): Command {
  const client = `https://${HOST}:${port}`;
  const peer = `https://${HOST}:${peerPort}`;
  const pem = join(folder, 'server.pem');
  const ca = join(folder, 'ca.crt');
  const args = {
    name: 'local',
    'data-dir': join(folder, 'data'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `local=${peer}`,
    'cert-file': pem,
    'key-file': pem,
    'trusted-ca-file': ca,
    'client-cert-auth': 'true',
    'peer-cert-file': pem,
    'peer-key-file': pem,
    'peer-trusted-ca-file': ca,
    'peer-client-cert-auth': 'true',
    'log-level': 'warn',
  };
  return { program, args: Object.entries(args).map(([name, value]) => `--${name}=${value}`) };
}

/** Issues the certificates that are missing or end soon. */
export async function keepEtcdCertificates(
  folder: string,
  authority: Authority,
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<void> {
  // NOTE: its gateway for HTTP is a client of its own, with the certificate of the server.
  await keepCertificate(join(folder, 'server.pem'), authority, { commonName: 'etcd', usages: ['server', 'client'] }, ports);
  await keepCertificate(join(folder, 'client.pem'), authority, { commonName: 'kube-apiserver', usages: ['client'] }, ports);
}

/** Asks etcd by its gateway for HTTP (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/). Rejects where the answer is no 200. */
export async function askEtcd(
  folder: string,
  { port, authority }: EtcdState,
  { path, body, withinMs = ASK_MS }: { readonly path: string; readonly body?: object | undefined; readonly withinMs?: number | undefined },
): Promise<Record<string, unknown>> {
  const pem = await readFile(join(folder, 'client.pem'), 'utf8');
  const credential = { type: 'certificate', certificatePem: pem, keyPem: pem } as const;
  const connection = connectTo({ server: `https://${HOST}:${port}`, caPem: authority.certificatePem, credential });
  try {
    const signal = AbortSignal.timeout(withinMs);
    const method = body ? 'POST' : 'GET';
    const response = await connection.send({ method, path, signal, body: body && JSON.stringify(body) });
    const text = await readBody(response, signal);
    if (response.statusCode !== 200) throw new Error(`etcd answers ${response.statusCode} to ${path}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Record<string, unknown>;
  } finally {
    connection.close();
  }
}
