import type { Cluster } from '@openkupe/contract/resources/cluster';
import type { Client } from '../../client.ts';
import { type Context, command, on, text } from '../../command.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { toFailure } from '../../failure/from-error.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { CLUSTER_VIEW } from '../../output/views.ts';
import { WAIT_LIMITS_MS, waitCommand, waitForCluster } from '../../wait/wait-for-cluster.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { WAIT_FLAGS } from '../wait-flags.ts';
import { describeChanges, patchFor, type Wanted } from './difference.ts';
import { LABEL_FLAG } from './label-flags.ts';
import { clusterNextStep } from './next-step.ts';
import { givenResources, RESOURCE_FLAGS } from './resource-flags.ts';

/** Adds to the 412 that ended an update which fields changed meanwhile, by the responses so far. */
function explainConflict(name: string, before: Cluster | undefined, latest: Cluster | undefined, error: unknown): unknown {
  const failure = toFailure(error);
  const now = (error as { current?: { value?: unknown } }).current?.value as Cluster | undefined;
  if (failure.details.status !== 412 || !before || !latest) return error;
  const changes = describeChanges(before, now ?? latest);
  const what = changes === '' ? 'it changed in ways that these flags do not touch' : `someone else changed ${changes}`;
  return new Failure(`Cluster "${name}" was not updated, because it kept changing: ${what}.`, failure.details);
}

/** Labels that differ from those that are wanted: a script sets and removes all of them. */
const everyLabel = ({ labels = {} }: Wanted) => Object.fromEntries(Object.keys(labels).map((key) => [key, '?']));

/** Reads, changes and writes with `If-Match`; again after a 412. Writes nothing when nothing differs. */
async function updateGuarded(client: Client, context: Context, name: string, wanted: Wanted): Promise<Cluster> {
  let before: Cluster | undefined;
  let latest: Cluster | undefined;
  let isSent = false;
  const change = (current: Cluster) => {
    before ??= current;
    latest = current;
    const patch = context.script ? patchFor({ ...current, labels: everyLabel(wanted) }, wanted) : patchFor(current, wanted);
    isSent = patch !== undefined;
    return patch;
  };
  try {
    const { value } = await client.clusters.update(name, change, { signal: context.signal });
    if (!isSent) context.note(`Cluster "${name}" has these values already; nothing was sent.`);
    return value;
  } catch (error) {
    throw explainConflict(name, before, latest, error);
  }
}

/** Writes without a precondition. */
async function updateForced(client: Client, context: Context, name: string, wanted: Wanted): Promise<Cluster> {
  const { signal } = context;
  const current = (await client.clusters.get(name, { signal })).value;
  const patch = patchFor(current, wanted);
  if (patch) return (await client.clusters.patch(name, patch, { signal })).value;
  context.note(`Cluster "${name}" has these values already; nothing was sent.`);
  return current;
}

/** `PATCH /tenants/{tenant}/clusters/{name}` with `If-Match` unless forced, then waits until the change is applied. */
export const clusterUpdate = command({
  path: 'cluster update',
  summary: 'Change the version, the limits or the labels of a cluster and wait until it runs with them.',
  details:
    'It reads the cluster, sends only what differs, and only if it was not changed meanwhile; if it was, it starts again, up to eight times. ' +
    '--if-match sends the change only to that version of it, --force to whatever is there.',
  examples: [
    { run: 'openkupe cluster update production --version 1.33', why: 'an upgrade; there is no downgrade' },
    { run: 'openkupe cluster update production --memory 32Gi --no-wait', why: 'returns once it is accepted' },
    { run: 'openkupe cluster update production --label env=prod,old-', why: 'sets one label and removes another' },
    { run: 'openkupe cluster update production --cpu 8 --if-match 12345', why: 'only if it is still the one you saw' },
  ],
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: {
    version: text('minor', 'The version of Kubernetes, like 1.32.'),
    ...RESOURCE_FLAGS,
    ...LABEL_FLAG,
    ifMatch: text('version', 'Change it only if its resourceVersion (or ETag) is still this one.'),
    force: on('Change it even if it was changed meanwhile.'),
    ...WAIT_FLAGS,
    ...VALIDATE_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: (failure, { name }) => clusterNextStep(failure, name),
  async run({ args: { name }, flags }, context) {
    const wanted = { version: flags.version, resources: givenResources(flags), labels: flags.label };
    const { signal } = context;
    if ((wanted.version ?? wanted.labels) === undefined && Object.keys(wanted.resources).length === 0) {
      throw misuse('There is nothing to change; give --version, --cpu, --memory, --storage or --label.');
    }
    if (flags.force && flags.ifMatch !== undefined) throw misuse('--force and --if-match contradict each other; give one of them.');
    const client = await context.client();
    const { version, resources, labels } = wanted;
    const patch = {
      ...(version === undefined ? {} : { version }),
      ...(Object.keys(resources).length === 0 ? {} : { resources }),
      ...(labels && { labels }),
    };
    if (flags.validateOnly) {
      const condition = flags.ifMatch === undefined ? {} : { ifMatch: flags.ifMatch };
      const { value } = await client.clusters.patch(name, patch, { ...condition, signal, validateOnly: true });
      noteValid(context, value.price);
      return object(value, CLUSTER_VIEW);
    }
    const updated =
      flags.ifMatch !== undefined
        ? (await client.clusters.patch(name, patch, { ifMatch: flags.ifMatch, signal })).value
        : await (flags.force ? updateForced : updateGuarded)(client, context, name, wanted);
    if (flags.noWait) {
      context.note(`Accepted; wait with: ${waitCommand(context, name, 'running')}`);
      return object(updated, CLUSTER_VIEW);
    }
    const timeoutMs = flags.timeout ?? WAIT_LIMITS_MS.running;
    const request = { name, goal: 'running', generation: updated.generation ?? 0, isNew: false, timeoutMs } as const;
    return object((await waitForCluster(context, client, request)) ?? updated, CLUSTER_VIEW);
  },
});
