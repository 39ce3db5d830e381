import type { Cluster, ClusterCreate, ClusterResources } from '@openkupe/contract/resources/cluster';
import { type Context, choice, command, on, short, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { readFields, type Shape } from '../../files/read-fields.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { CLUSTER_VIEW } from '../../output/views.ts';
import { WAIT_LIMITS_MS, waitCommand, waitForCluster } from '../../wait/wait-for-cluster.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { WAIT_FLAGS } from '../wait-flags.ts';
import { type GivenLabels, LABEL_FLAG } from './label-flags.ts';
import { clusterNextStep } from './next-step.ts';
import { givenResources, RESOURCE_FLAGS, type ResourceValues } from './resource-flags.ts';

interface Wanted extends ResourceValues {
  readonly file: string | undefined;
  readonly displayName: string | undefined;
  readonly type: 'shared' | 'dedicated' | undefined;
  readonly version: string | undefined;
  readonly label: GivenLabels | undefined;
  readonly ha: boolean;
}

/** The fields whose types are checked before anything is sent: YAML reads an unquoted version as a number. */
const FIELDS = {
  name: 'text',
  displayName: 'text',
  type: 'text',
  version: 'text',
  resources: { cpu: 'text', memory: 'text', storage: 'text' } satisfies Record<keyof ClusterResources, 'text'>,
  alerts: 'anything',
  labels: 'anything',
  highAvailability: 'boolean',
} satisfies Record<keyof ClusterCreate, Shape[string]>;

/** The labels of a file with those of the flag, which win. */
function setLabels(base: unknown, given: GivenLabels): Record<string, string> {
  const merged: GivenLabels = { ...(base as object | undefined), ...given };
  return Object.fromEntries(Object.entries(merged).filter((label): label is [string, string] => label[1] !== null));
}

/** The body from the file, if one is given, and the flags, which win. */
async function bodyOf(name: string | undefined, wanted: Wanted, context: Context): Promise<ClusterCreate> {
  const base = wanted.file === undefined ? {} : await readFields(wanted.file, context.io, FIELDS);
  const { displayName, type, version, label, ha } = wanted;
  if (name !== undefined && base.name !== undefined && base.name !== name) {
    throw misuse(`The file names the cluster "${base.name}" and the command line "${name}"; give one of them.`);
  }
  const finalName = name ?? base.name;
  if (typeof finalName !== 'string') throw misuse('The cluster has no name; give one after `create`, or in the file.');
  const resources = { ...(base.resources as object | undefined), ...givenResources(wanted) };
  return {
    ...base,
    name: finalName,
    ...(displayName === undefined ? {} : { displayName }),
    ...(type === undefined ? {} : { type }),
    ...(version === undefined ? {} : { version }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(ha ? { highAvailability: true } : {}),
    ...(label && { labels: setLabels(base.labels, label) }),
  };
}

async function createCluster(body: ClusterCreate, idempotencyKey: string | undefined, context: Context): Promise<Cluster> {
  const creation = await beginCreate(context, { intent: ['cluster create', body], body, idempotencyKey });
  const client = await context.client();
  try {
    const { value } = await client.clusters.create(body, { signal: context.signal, idempotencyKey: creation.idempotencyKey });
    await creation.end();
    return value;
  } catch (error) {
    throw await creation.failed(error);
  }
}

/** `POST /tenants/{tenant}/clusters` under an idempotency key, then waits for Running. */
export const clusterCreate = command({
  path: 'cluster create',
  summary: 'Create a cluster and wait until it runs.',
  details: 'The file holds the fields of the API in YAML or JSON; flags win over it.',
  examples: [
    { run: 'openkupe cluster create production --version 1.32 --cpu 4 --memory 16Gi --storage 100Gi', why: 'with limits' },
    { run: 'openkupe cluster create production --label env=prod,team=payments', why: 'with labels' },
    { run: 'openkupe cluster create production --no-wait', why: 'returns once it is accepted' },
    { run: 'openkupe cluster create -f production.yaml', why: 'from a file' },
    { run: 'openkupe cluster create production --cpu 4 --validate-only', why: 'whether it would be accepted, and what it would cost' },
  ],
  args: { name: { summary: 'The name; may be in the file instead.', isOptional: true } },
  flags: {
    version: text('minor', 'The version of Kubernetes, like 1.32; without it the server chooses.'),
    ...RESOURCE_FLAGS,
    displayName: text('text', 'A name for display.'),
    ...LABEL_FLAG,
    type: choice('type', 'How the nodes are shared.', ['shared', 'dedicated']),
    ha: on('Three replicas of the control plane; cannot be changed later.'),
    file: short('f', text('file', 'A file with the fields of the cluster, - for stdin.')),
    ...WAIT_FLAGS,
    ...VALIDATE_FLAG,
    ...IDEMPOTENCY_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: (failure, { name }) => (name === undefined ? undefined : clusterNextStep(failure, name)),
  async run({ args, flags }, context) {
    const body = await bodyOf(args.name, flags, context);
    const client = await context.client();
    const value = flags.validateOnly
      ? (await client.clusters.create(body, { signal: context.signal, validateOnly: true })).value
      : await createCluster(body, flags.idempotencyKey, context);
    for (const warning of value.warnings ?? []) if (warning?.message) context.note(`Warning: ${warning.message}`);
    if (flags.validateOnly) {
      noteValid(context, value.price);
      return object(value, CLUSTER_VIEW);
    }
    if (flags.noWait) {
      context.note(`Accepted; wait with: ${waitCommand(context, body.name, 'running')}`);
      return object(value, CLUSTER_VIEW);
    }
    const timeoutMs = flags.timeout ?? WAIT_LIMITS_MS.running;
    const request = { name: body.name, goal: 'running', generation: value.generation ?? 0, isNew: true, timeoutMs } as const;
    return object((await waitForCluster(context, client, request)) ?? value, CLUSTER_VIEW);
  },
});
