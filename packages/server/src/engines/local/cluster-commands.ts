import { join } from 'node:path';
import type { TokenReviewAccess } from '../token-review-access.ts';
import { clusterFiles, reviewFiles } from './cluster-files.ts';
import { etcdPrefix } from './etcd.ts';
import { HOST } from './free-port.ts';
import type { LocalRecord } from './local-record.ts';
import type { Command } from './supervised-process.ts';

/** Addresses of Services. Clusters share none, because nothing routes them: there are no nodes. */
const SERVICE_RANGE = '10.96.0.0/16';

/** The API server of a cluster, on loopback. `etcdFlags`: how it reaches etcd. */
export function apiServerCommand(
  { uid, port }: LocalRecord,
  {
    programs,
    folder,
    etcdFlags,
    tokenReview,
  }: {
    readonly programs: string;
    readonly folder: string;
    readonly etcdFlags: readonly string[];
    readonly tokenReview: TokenReviewAccess;
  },
): Command {
  const files = clusterFiles(folder);
  const reviews = reviewFiles(folder, tokenReview);
  return {
    program: join(programs, 'kube-apiserver'),
    args: [
      ...etcdFlags,
      `--etcd-prefix=${etcdPrefix(uid)}`,
      `--bind-address=${HOST}`,
      `--advertise-address=${HOST}`,
      `--secure-port=${port}`,
      '--endpoint-reconciler-type=none',
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--profiling=false',
      `--client-ca-file=${files.ca}`,
      `--tls-cert-file=${files.serving}`,
      `--tls-private-key-file=${files.serving}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${files.serviceAccountKey}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      `--authorization-config=${reviews.authorization}`,
      `--authentication-token-webhook-config-file=${reviews.token}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=1s',
    ],
  };
}

/** The controller manager of a cluster. It listens nowhere. */
export function controllersCommand(programs: string, folder: string): Command {
  const files = clusterFiles(folder);
  return {
    program: join(programs, 'kube-controller-manager'),
    args: [
      `--kubeconfig=${files.controllersConfig}`,
      `--root-ca-file=${files.ca}`,
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--cluster-signing-cert-file=${files.ca}`,
      `--cluster-signing-key-file=${files.caKey}`,
      '--use-service-account-credentials',
      '--leader-elect=false',
      '--secure-port=0',
      '--profiling=false',
      // It makes a namespace's first objects in 4 s instead of 9 s, because nothing else asks this API server much.
      '--kube-api-qps=300',
      '--kube-api-burst=500',
    ],
  };
}
