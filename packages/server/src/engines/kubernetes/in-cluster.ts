import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerAddress } from './connection.ts';

/** Where a pod finds the token and the authority of its ServiceAccount. */
const MOUNTED = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The name by which every pod finds the API server. */
const SERVER = 'https://kubernetes.default.svc:443';

/**
 * The API server of the cluster that openkupe itself runs in, as the ServiceAccount of its pod
 * (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). The token is read again whenever the kubelet has replaced it. Rejects where
 * the files are not mounted.
 */
export async function inClusterAddress(folder: string = MOUNTED): Promise<ServerAddress> {
  const caPem = await readFile(join(folder, 'ca.crt'), 'utf8');
  return { server: SERVER, caPem, credential: { type: 'token-file', path: join(folder, 'token') } };
}
