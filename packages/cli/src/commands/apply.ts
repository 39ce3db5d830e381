import { planPruning, planSteps, type Step } from '../apply/plan.ts';
import { APPLIED_VIEW, type Applied, printSteps } from '../apply/print-steps.ts';
import { readDescribed, titleOf } from '../apply/read-documents.ts';
import { writeMerged } from '../apply/resolve-conflicts.ts';
import { patchOf } from '../apply/three-way.ts';
import type { Client } from '../client.ts';
import { type Context, command, on, required, short, text } from '../command.ts';
import { Failure, misuse } from '../failure/failure.ts';
import { toFailure } from '../failure/from-error.ts';
import { beginCreate } from '../idempotency/creation.ts';
import { FORMATS } from '../output/format.ts';
import { list } from '../output/result.ts';

const DONE = { create: 'created', change: 'changed', delete: 'deleted', keep: 'unchanged' } as const;

/** Asks before anything is written. Without a terminal to ask on it needs `--yes`, and says so with exit code 2. */
async function confirm(steps: readonly Step[], isSure: boolean, context: Context): Promise<void> {
  if (isSure) return;
  const { io, terminal, signal } = context;
  if (!terminal.isInteractive) {
    const next = { run: `${context.commandLine()} --yes`, why: 'where there is no terminal to ask on' };
    throw misuse('Applying this needs --yes here, because there is no terminal to ask on; nothing was sent.', next);
  }
  const lost = steps.filter(({ action }) => action === 'delete').map(({ name }) => name);
  const warning = lost.length === 0 ? '' : `${lost.join(', ')} will be destroyed with all workloads and storage. This cannot be undone.\n`;
  io.stderr.write(`${warning}Apply this? (y/N) `);
  const typed = await io.stdin.readLine(signal);
  if (!/^y(es)?$/i.test(typed?.trim() ?? '')) throw misuse('Nothing was applied.');
}

async function createOne({ kind, fields }: Step, client: Client, context: Context): Promise<void> {
  const body = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  const creation = await beginCreate(context, { intent: [`apply ${kind.kind}`, body], body, idempotencyKey: undefined });
  try {
    await kind.create?.(client, body, { signal: context.signal, idempotencyKey: creation.idempotencyKey });
    await creation.end();
  } catch (error) {
    throw await creation.failed(error);
  }
}

async function carryOut(step: Step, client: Client, context: Context): Promise<void> {
  const { kind, name, action, changes } = step;
  if (action === 'create') await createOne(step, client, context);
  if (action === 'change') await writeMerged({ title: titleOf(step), kind, name }, changes, client, context);
  if (action === 'delete') await client.clusters.delete(name, { signal: context.signal });
  if (action === 'keep') return;
  context.note(`${titleOf(step)} ${DONE[action]}`);
  if (action === 'create' && kind.kind === 'webhook') {
    context.note(`Its secret was not shown; this shows another one: openkupe webhook rotate-secret ${name}`);
  }
}

/** Asks the server about a step, and does nothing. */
async function validateStep({ kind, name, fields, action, changes }: Step, client: Client, { signal }: Context): Promise<Applied> {
  const priceOf = (value: object | undefined) => (value && 'price' in value ? { price: value.price as NonNullable<Applied['price']> } : {});
  let answered: object | undefined;
  if (action === 'create') answered = await kind.create?.(client, fields, { signal, validateOnly: true });
  if (action === 'change') answered = await kind.validate?.(client, name, patchOf(changes) ?? {}, signal);
  if (action === 'delete') await client.clusters.delete(name, { signal, validateOnly: true });
  return { kind: kind.kind, name, action: DONE[action], ...priceOf(answered) };
}

/** Says which object a failure is about, and what was applied before it. */
function failedAt(step: Step, before: readonly Applied[], error: unknown): Failure {
  const failure = toFailure(error);
  const done = before.filter(({ action }) => action !== 'unchanged').map(({ kind, name }) => `${kind}/${name}`);
  const about = failure.message.includes(titleOf(step)) ? '' : ` This is about ${titleOf(step)}.`;
  return new Failure(`${failure.message}${about}${done.length === 0 ? '' : ` Applied before it: ${done.join(', ')}.`}`, failure.details);
}

/** Reads what is there, and creates, changes and deletes what differs from the files. */
export const apply = command({
  path: 'apply',
  summary: 'Make what files describe, and change what differs from them.',
  details:
    'A file has one object of the API for each document, with its kind: cluster, secret, webhook, member, tenant or alertmanager. Fields that it ' +
    'does not name stay as they are; null removes one. What is to change is shown first. Each write is sent only if no other client changed those ' +
    'fields since; what others changed elsewhere stays. With --prune clusters that carry the labels and are in no file are deleted; nothing ' +
    'else has labels.',
  examples: [
    { run: 'openkupe apply -f clusters.yaml', why: 'shows what differs, and asks' },
    { run: 'openkupe apply -f clusters.yaml --dry-run -o wide', why: 'whether the server would accept it, and what it would cost' },
    {
      run: 'openkupe apply -f environment/ --yes --prune -l app=shop',
      why: 'a folder; deletes clusters of the shop that it no longer has',
    },
    { run: 'openkupe apply -f - --yes <clusters.yaml', why: 'in a script' },
  ],
  args: {},
  flags: {
    file: required(short('f', text('path', 'A file of YAML or JSON, a folder of them, or - for stdin.'))),
    yes: on('Do not ask.'),
    dryRun: on('Only ask the server whether it would accept it.'),
    prune: on('Delete the clusters that --selector selects and no file describes.'),
    selector: short('l', text('selector', 'With --prune: the labels that the clusters of these files carry, like app=shop.')),
  },
  formats: FORMATS,
  isRemote: true,
  hasScript: false,
  isList: true,
  async run({ flags: { file, yes, dryRun, prune, selector } }, context) {
    if (prune !== (selector !== undefined)) throw misuse('--prune and --selector belong together; give both of them or none.');
    const { signal, io, terminal } = context;
    const all = await readDescribed(file, io);
    const [client, { tenant }] = [await context.client(), await context.credentials()];
    const pruned = selector === undefined ? [] : await planPruning(all, selector, client, signal);
    const steps = [...(await planSteps(all, client, tenant, signal)), ...pruned];
    const differing = steps.filter(({ action }) => action !== 'keep');
    io.stderr.write(printSteps(steps, terminal.paint));
    const applied: Applied[] = [];
    if (differing.length > 0 && !dryRun) await confirm(differing, yes, context);
    for (const step of steps) {
      try {
        if (dryRun) applied.push(await validateStep(step, client, context));
        else await carryOut(step, client, context);
      } catch (error) {
        throw failedAt(step, applied, error);
      }
      if (!dryRun) applied.push({ kind: step.kind.kind, name: step.name, action: DONE[step.action] });
    }
    if (dryRun) context.note('The server would accept this; nothing was done.');
    else if (differing.length === 0) context.note('Everything is like that already; nothing was sent.');
    for (const { name, price } of applied)
      if (price) context.note(`Cluster "${name}" would cost ${price.currency} ${price.perMonth} a month.`);
    return list(applied, APPLIED_VIEW);
  },
});
