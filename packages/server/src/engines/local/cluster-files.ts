import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@openkupe/contract';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import {
  accessReviewConfiguration,
  accessReviewKubeconfig,
  type TokenReviewAccess,
  tokenReviewKubeconfig,
} from '../token-review-access.ts';
import { HOST } from './free-port.ts';
import type { LocalRecord } from './local-record.ts';
import { keepCertificate } from './stored-certificate.ts';

/** The files of a cluster that its processes read; every one is readable by its owner alone. */
export const clusterFiles = (folder: string) => ({
  ca: join(folder, 'ca.crt'),
  caKey: join(folder, 'ca.key'),
  serviceAccountKey: join(folder, 'service-accounts.key'),
  serving: join(folder, 'serving.pem'),
  /** The engine's own client certificate. */
  admin: join(folder, 'admin.pem'),
  adminConfig: join(folder, 'admin.kubeconfig'),
  controllers: join(folder, 'controllers.pem'),
  controllersConfig: join(folder, 'controllers.kubeconfig'),
});

/**
 * How the API server finds what it asks about tokens and about users. It reads these files at its start only, so another address or authority is
 * another folder, and another command.
 */
export function reviewFiles(folder: string, { url, caPem = '' }: TokenReviewAccess) {
  const of = join(folder, `reviews-${createHash('sha256').update(url).update(caPem).digest('hex').slice(0, 8)}`);
  return {
    folder: of,
    token: join(of, 'token.kubeconfig'),
    access: join(of, 'access.kubeconfig'),
    authorization: join(of, 'authorization.json'),
  };
}

/** The names by which workloads know the API server, too. */
const SERVICE_NAMES = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];

/** A kubeconfig, in JSON, with the paths of certificates, which are renewed in place. */
function kubeconfig({ port }: LocalRecord, ca: string, pem: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: `https://${HOST}:${port}`, 'certificate-authority': ca } }],
    users: [{ name: 'local', user: { 'client-certificate': pem, 'client-key': pem } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
    'current-context': 'local',
  });
}

/** Issues the certificates of the cluster that are missing or end soon. */
async function keepClusterCertificates(
  record: LocalRecord,
  folder: string,
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<void> {
  const files = clusterFiles(folder);
  const { authority, name, tenant } = record;
  const dnsNames = [...SERVICE_NAMES, `${name}.${tenant}.localhost`];
  await keepCertificate(files.serving, authority, { commonName: 'kube-apiserver', usages: ['server'], dnsNames }, ports);
  await keepCertificate(files.admin, authority, { commonName: 'openkupe', organizations: ['system:masters'], usages: ['client'] }, ports);
  await keepCertificate(files.controllers, authority, { commonName: 'system:kube-controller-manager', usages: ['client'] }, ports);
}

/** Writes what the processes of the cluster read, as it has to be now. */
export async function writeClusterFiles(
  record: LocalRecord,
  folder: string,
  ports: { readonly clock: Clock; readonly random: Random; readonly tokenReview: TokenReviewAccess },
): Promise<void> {
  const files = clusterFiles(folder);
  await keepClusterCertificates(record, folder, ports);
  await replaceStoredFile(files.ca, record.authority.certificatePem);
  await replaceStoredFile(files.caKey, record.authority.privateKeyPem);
  await replaceStoredFile(files.serviceAccountKey, record.serviceAccountKeyPem);
  await replaceStoredFile(files.adminConfig, kubeconfig(record, files.ca, files.admin));
  await replaceStoredFile(files.controllersConfig, kubeconfig(record, files.ca, files.controllers));
  const { tokenReview } = ports;
  const reviews = reviewFiles(folder, tokenReview);
  await mkdir(reviews.folder, { recursive: true, mode: 0o700 });
  await replaceStoredFile(reviews.token, tokenReviewKubeconfig(tokenReview, record.uid));
  await replaceStoredFile(reviews.access, accessReviewKubeconfig(tokenReview, record.uid));
  await replaceStoredFile(reviews.authorization, accessReviewConfiguration(reviews.access));
}
