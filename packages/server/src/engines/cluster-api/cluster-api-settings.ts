import { BYTES_PATTERN, CPU_PATTERN, NAMESPACE_PATTERN } from '@openkupe/contract';
import { strict } from '@openkupe/contract/resources/schema';
import { Type } from '@openkupe/contract/resources/type';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Static } from 'typebox';
import { describeFinding } from '../../errors/describe-finding.ts';

/** What a ClusterClass variable can be filled with, of each cluster. */
const VARIABLE_SOURCES = [
  'tokenWebhook',
  'accessWebhook',
  'tenant',
  'cluster',
  'uid',
  'cpu',
  'memory',
  'storage',
  'highAvailability',
] as const;
/**
 * What of a cluster fills a ClusterClass variable. `tokenWebhook` is the kubeconfig for `--authentication-token-webhook-config-file`, `accessWebhook`
 * the one that the file of `--authorization-config` names.
 */
export type VariableSource = (typeof VARIABLE_SOURCES)[number];
/** A value for every cluster, or what of each cluster fills the variable. */
export type VariableFilling = { readonly value: unknown } | { readonly from: VariableSource };

const name = Type.String({ pattern: NAMESPACE_PATTERN });
const cidrBlocks = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 2 }));
const full = Type.String({ pattern: '^v1\\.\\d{1,3}\\.\\d{1,3}$' });
const minor = Type.String({ pattern: '^1\\.\\d{1,3}$' });
const filling = {
  type: 'object',
  maxProperties: 1,
  minProperties: 1,
  properties: { value: true, from: { type: 'string', enum: [...VARIABLE_SOURCES] } },
  additionalProperties: false,
};

const SETTINGS = strict({
  clusterClass: strict({ name, namespace: name }),
  workersClass: name,
  node: strict({ cpu: Type.String({ pattern: CPU_PATTERN }), memory: Type.String({ pattern: BYTES_PATTERN }) }),
  nodes: strict({ least: Type.Integer({ minimum: 0, maximum: 1_000 }), most: Type.Integer({ minimum: 1, maximum: 1_000 }) }),
  versions: Type.Array(full, { minItems: 1, maxItems: 20 }),
  retiring: Type.Optional(Type.Array(minor, { maxItems: 20 })),
  variables: Type.Optional(
    Type.Unsafe<Readonly<Record<string, VariableFilling>>>({ type: 'object', maxProperties: 100, additionalProperties: filling }),
  ),
  network: Type.Optional(
    strict({ pods: cidrBlocks, services: cidrBlocks, serviceDomain: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })) }),
  ),
});

/**
 * How clusters are made by Cluster API. `clusterClass` is the operator's ClusterClass, `workersClass` its class of MachineDeployments; `node` is
 * what the workloads of a tenant can use of one worker; `nodes` is the fewest and the most workers of a cluster; `versions` are those that the
 * ClusterClass has images for, one of each minor, and `retiring` the minors among them that are going away; `variables` fills the variables of
 * the ClusterClass by name; `network` is `spec.clusterNetwork`.
 */
export type ClusterApiSettings = Static<typeof SETTINGS>;

/** Reads the settings from the JSON of their file, or says what is wrong, a sentence each. */
export function parseClusterApiSettings(text: string): ClusterApiSettings | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problems: ['it is not JSON'] };
  }
  const check = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false }).compile<ClusterApiSettings>(SETTINGS);
  if (!check(value)) return { problems: (check.errors ?? []).slice(0, 5).map((finding) => describeFinding(finding, 'the file')) };
  const minors = value.versions.map((version) => version.split('.')[1]);
  if (new Set(minors).size < minors.length) return { problems: ['versions must have at most one version of each minor'] };
  if (value.nodes.most < value.nodes.least) return { problems: ['nodes.most must be at least nodes.least'] };
  return value;
}
