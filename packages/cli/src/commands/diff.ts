import { planSteps } from '../apply/plan.ts';
import { printSteps } from '../apply/print-steps.ts';
import { readDescribed } from '../apply/read-documents.ts';
import { command, required, short, text } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { toFailure } from '../failure/from-error.ts';

/** Reads what is there, and shows what `apply` would change. */
export const diff = command({
  path: 'diff',
  summary: 'Show what `apply` would change.',
  details:
    'Its exit code is that of kubectl diff: 0 where nothing differs, 1 where something does, and more than 1 for a failure; a server that fails ' +
    '(500) is 7 here, not 1.',
  examples: [
    { run: 'openkupe diff -f clusters.yaml', why: 'field by field' },
    { run: 'openkupe diff -f environment/ -o json', why: 'for a program' },
  ],
  args: {},
  flags: { file: required(short('f', text('path', 'A file of YAML or JSON, a folder of them, or - for stdin.'))) },
  formats: ['table', 'json'],
  isRemote: true,
  hasScript: false,
  async run({ flags: { file } }, context) {
    try {
      const all = await readDescribed(file, context.io);
      const [client, { tenant }] = [await context.client(), await context.credentials()];
      const steps = (await planSteps(all, client, tenant, context.signal)).filter(({ action }) => action !== 'keep');
      const items = steps.map(({ kind, name, action, changes }) => ({
        kind: kind.kind,
        name,
        action,
        changes: changes.map(({ field, base, yours }) => ({ field, from: base ?? null, to: yours ?? null })),
      }));
      return { kind: 'document', text: printSteps(steps), value: { items }, exit: steps.length === 0 ? EXIT.done : EXIT.failed };
    } catch (error) {
      const failure = toFailure(error);
      // NOTE: 1 says that something differs.
      throw failure.details.exit === EXIT.failed ? new Failure(failure.message, { ...failure.details, exit: EXIT.unavailable }) : failure;
    }
  },
});
