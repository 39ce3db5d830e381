import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'iovalkey';
import type { Config } from '../config/config.ts';
import { loadValkeyAddress } from '../config/valkey.ts';
import type { EngineName } from '../engines/engine-by-type.ts';
import { createKubernetesClient, type KubernetesClient } from '../engines/kubernetes/client.ts';
import { inClusterAddress } from '../engines/kubernetes/in-cluster.ts';
import { readKubeconfig } from '../engines/kubernetes/kubeconfig.ts';
import { findPrograms } from '../engines/local/programs.ts';
import { connectorTo } from '../rate-limit/valkey/connector.ts';
import { databaseNameIn } from '../store/sqlite/database-files.ts';
import { type Finding, fail, ok, sentenceOf, warn } from './finding.ts';
import { describeRight, HOST_RULES, type HostRight, rightsOf } from './host-rights.ts';

const TIMEOUT_MS = 5_000;
const GUIDES = { vcluster: 'real-clusters.md', 'cluster-api': 'cluster-api.md' } as const;
const REVIEWS = { apiVersion: 'authorization.k8s.io/v1', plural: 'selfsubjectaccessreviews' };

/** A host that permits nothing lacks more rights than a message can hold. */
const MOST_NAMED = 12;

async function checkPrograms({ local }: Config): Promise<Finding[]> {
  if (local.programs === undefined)
    return [ok('engine', 'The programs of Kubernetes are built by the server at its start (OPENKUPE_KUBERNETES_PROGRAMS is empty)')];
  const remedy = 'put the programs there (docs/guide/local-clusters.md)';
  try {
    const { etcd, versions } = findPrograms(local.programs);
    const programs = [
      etcd,
      ...versions.flatMap(({ folder }) => ['kube-apiserver', 'kube-controller-manager'].map((name) => join(folder, name))),
    ];
    for (const program of programs) await access(program, constants.X_OK);
    return [ok('engine', `The engine local has the programs of ${versions.map(({ full }) => full).join(', ')}`)];
  } catch (error) {
    return [fail('engine', sentenceOf(error), remedy)];
  }
}

/** Asks the host about every right of the documented role. */
async function missingRights(name: keyof typeof GUIDES, client: KubernetesClient, signal: AbortSignal): Promise<HostRight[]> {
  const reviews = rightsOf(HOST_RULES[name]).map(async (right) => {
    const review = { kind: 'SelfSubjectAccessReview', apiVersion: REVIEWS.apiVersion, spec: { resourceAttributes: right } };
    const { status } = (await client.create(REVIEWS, review, { signal })) as { status?: { allowed?: boolean } };
    return status?.allowed === true ? [] : [right];
  });
  return (await Promise.all(reviews)).flat();
}

async function checkHost(name: keyof typeof GUIDES, { hostKubeconfig }: Config): Promise<Finding[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const address = await (hostKubeconfig === undefined ? inClusterAddress() : readKubeconfig(hostKubeconfig));
    const client = createKubernetesClient(address);
    try {
      const version = JSON.parse(await client.raw('/version', { signal })) as { gitVersion?: string };
      const missing = await missingRights(name, client, signal);
      if (missing.length > 0) {
        const named = missing.slice(0, MOST_NAMED).map(describeRight).join(', ');
        const more = missing.length > MOST_NAMED ? `, and ${missing.length - MOST_NAMED} more` : '';
        return [
          fail(
            'engine',
            `The host of the engine ${name} does not permit: ${named}${more}`,
            `give its account the ClusterRole of docs/guide/${GUIDES[name]}`,
          ),
        ];
      }
      return [
        ok('engine', `The host of the engine ${name} answers (${version.gitVersion ?? 'unknown version'}) and permits what is needed`),
      ];
    } finally {
      client.close();
    }
  } catch (error) {
    return [
      fail(
        'engine',
        `The host of the engine ${name} cannot be used: ${sentenceOf(error)}`,
        'correct OPENKUPE_HOST_KUBECONFIG, or let this machine reach the host',
      ),
    ];
  }
}

function checkEngine(name: EngineName, config: Config): Promise<Finding[]> {
  if (name === 'local') return checkPrograms(config);
  if (name === 'sandbox') return Promise.resolve([ok('engine', 'The engine sandbox simulates clusters, and needs nothing')]);
  return checkHost(name, config);
}

/** The name of the database in a data folder; `undefined` where there is none. */
export const databaseOf = databaseNameIn;

/** Whether the engines have what they need: programs, or a host that can be reached and permits what they do. */
export async function checkEngines(config: Config): Promise<Finding[]> {
  const names = new Set(Object.values(config.engines));
  return (await Promise.all([...names].map((name) => checkEngine(name, config)))).flat();
}

/** Whether the Valkey server of the shared limit answers. */
export async function checkValkey({ valkey }: Config): Promise<Finding[]> {
  if (!valkey) return [];
  const place = `${valkey.host}:${valkey.port}`;
  let client: Redis | undefined;
  let problem: unknown;
  try {
    const { tls, username, password, db } = await loadValkeyAddress(valkey);
    const options = { db, ...(username && { username }), ...(password && { password }), lazyConnect: true };
    client = new Redis({
      ...options,
      Connector: connectorTo({ ...valkey, tls }),
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    client.on('error', (error) => {
      problem ??= error;
    });
    await client.connect();
    await client.ping();
    return [ok('valkey', `The store of the shared limit answers at ${place}`)];
  } catch (error) {
    return [
      warn(
        'valkey',
        `The store of the shared limit at ${place} cannot be used: ${sentenceOf(problem ?? error)}`,
        'let this machine reach it, and correct OPENKUPE_VALKEY_URL; until then each process enforces its share of the limit',
      ),
    ];
  } finally {
    client?.disconnect();
  }
}
