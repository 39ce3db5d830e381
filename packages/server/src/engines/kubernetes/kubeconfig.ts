import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ServerAddress } from './connection.ts';
import type { Credential } from './credential.ts';

/** A kubeconfig that cannot be used; the message says which field and what to do. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

type Fields = Readonly<Record<string, unknown>>;

/** Fields that would have to run a program, use a proxy or trust anything, and what to use instead. */
const REFUSED = {
  cluster: {
    'insecure-skip-tls-verify': 'give certificate-authority-data',
    'proxy-url': 'give a server that is reached directly',
  },
  user: {
    exec: 'credential plugins are not run; give a token, a tokenFile or a client certificate',
    'auth-provider': 'give a token, a tokenFile or a client certificate',
    username: 'API servers no longer take passwords; give a token, a tokenFile or a client certificate',
    as: 'impersonation is not supported; give the credential of the user itself',
  },
} as const;

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a kubeconfig file; paths in it are relative to its folder. Throws a {@link KubeconfigError}. */
export async function readKubeconfig(path: string): Promise<ServerAddress> {
  return parseKubeconfig(await readFile(path, 'utf8'), dirname(path));
}

/**
 * Reads the current context of a kubeconfig (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/). Used are `server`, `tls-server-name`,
 * `certificate-authority(-data)` of the cluster, and `token`, `tokenFile`, `client-certificate(-data)` and `client-key(-data)` of the user. Without
 * `folder` files that it names are refused. Throws a {@link KubeconfigError}.
 */
export async function parseKubeconfig(text: string, folder?: string): Promise<ServerAddress> {
  const file = parseYaml(text);
  const { cluster: clusterName, user: userName } = entry(file, 'contexts', file['current-context'], 'context');
  const cluster = entry(file, 'clusters', clusterName, 'cluster');
  const user = userName === undefined || userName === '' ? {} : entry(file, 'users', userName, 'user');
  refuse(cluster, 'cluster');
  refuse(user, 'user');
  const { server, 'tls-server-name': tlsServerName } = cluster;
  if (typeof server !== 'string' || !/^https:\/\//.test(server))
    throw new KubeconfigError(`The server "${String(server)}" is no https address; the API server has to be reached by TLS`);
  const caPem = await pemOf(cluster, 'certificate-authority', folder);
  return {
    server,
    ...(caPem === undefined ? {} : { caPem }),
    ...(typeof tlsServerName === 'string' ? { tlsServerName } : {}),
    credential: await credentialOf(user, folder),
  };
}

async function credentialOf(user: Fields, folder: string | undefined): Promise<Credential> {
  const certificatePem = await pemOf(user, 'client-certificate', folder);
  const keyPem = await pemOf(user, 'client-key', folder);
  if ((certificatePem === undefined) !== (keyPem === undefined))
    throw new KubeconfigError('The user has only one of client-certificate and client-key; give both');
  if (certificatePem !== undefined && keyPem !== undefined) return { type: 'certificate', certificatePem, keyPem };
  // NOTE: as kubectl does it, a file that is named wins over a token that is written down, which may be an old copy.
  if (typeof user.tokenFile === 'string') return { type: 'token-file', path: pathOf(user.tokenFile, 'tokenFile', folder) };
  return typeof user.token === 'string' ? { type: 'token', token: user.token } : { type: 'anonymous' };
}

function parseYaml(text: string): Fields {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    throw new KubeconfigError(`The kubeconfig is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isRecord(file)) throw new KubeconfigError('The kubeconfig holds no fields');
  return file;
}

function entry(file: Fields, list: string, name: unknown, field: string): Fields {
  const entries = Array.isArray(file[list]) ? (file[list] as unknown[]) : [];
  const found = entries.find((item) => isRecord(item) && item.name === name);
  const content = isRecord(found) ? found[field] : undefined;
  if (!isRecord(content)) throw new KubeconfigError(`The kubeconfig has no ${field} "${String(name)}" in its ${list}`);
  return content;
}

function refuse(fields: Fields, kind: keyof typeof REFUSED): void {
  for (const [name, instead] of Object.entries(REFUSED[kind]))
    if (fields[name]) throw new KubeconfigError(`The field "${name}" of the ${kind} is not supported: ${instead}`);
}

function pathOf(path: string, field: string, folder: string | undefined): string {
  if (folder === undefined)
    throw new KubeconfigError(`The field "${field}" names a file, which is not there; give its content in "${field}-data"`);
  return resolve(folder, path);
}

async function pemOf(fields: Fields, field: string, folder: string | undefined): Promise<string | undefined> {
  const { [`${field}-data`]: data, [field]: path } = fields;
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
  if (typeof path !== 'string') return undefined;
  const resolved = pathOf(path, field, folder);
  return readFile(resolved, 'utf8').catch((error: Error) => {
    throw new KubeconfigError(`The file of "${field}" cannot be read: ${error.message}`);
  });
}
