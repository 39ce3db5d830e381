import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '@openkupe/files/error-code';
import { changeableFields, KINDS, type Kind, kindNamed } from '../apply/kinds.ts';
import { writeMerged } from '../apply/resolve-conflicts.ts';
import { changesOf, type FieldChange, flatten } from '../apply/three-way.ts';
import { type Context, command, type NameKind } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, misuse } from '../failure/failure.ts';
import { toFailure } from '../failure/from-error.ts';
import { readFields } from '../files/read-fields.ts';
import { asDocument } from '../output/document.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Runs the editor on a file, in this terminal. It gets Ctrl-C itself. */
async function runEditor(path: string, { env, io }: Context): Promise<void> {
  const editor = env.VISUAL || env.EDITOR || 'vi';
  // NOTE: loaded when used, because it takes long.
  const { spawn } = await import('node:child_process');
  const stopListening = io.onSignal(() => {});
  try {
    // NOTE: by a shell, as git does it: EDITOR may have arguments.
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (code !== 0)
      throw new Failure(`The editor "${editor}" ended with ${code ?? 'a signal'}; name another one in EDITOR.`, {
        code: 'editor',
        exit: EXIT.failed,
      });
  } finally {
    stopListening();
  }
}

/** What was edited, read again. On a terminal a text that cannot be read is given back to the editor. */
async function readEdited(path: string, kind: Kind, context: Context): Promise<Fields> {
  const { io, terminal, signal } = context;
  for (;;) {
    await runEditor(path, context);
    try {
      const fields = await readFields(path, io, kind.shape);
      const unknown = Object.keys(fields).find((name) => !kind.changeable.includes(name));
      if (unknown === undefined) return fields;
      throw misuse(`${unknown} cannot be changed here; the fields are ${kind.changeable.join(', ')}.`);
    } catch (error) {
      if (!(error instanceof Failure) || !terminal.isInteractive) throw error;
      io.stderr.write(`${error.message}\nEdit it again? (Y/n) `);
      if (/^n/i.test((await io.stdin.readLine(signal)) ?? 'n')) throw error;
    }
  }
}

/** What was changed in the editor. A field that was taken out is removed. */
function editedChanges(base: Fields, edited: Fields): FieldChange[] {
  const kept = flatten(edited);
  const removed = [...flatten(base)].filter(([field]) => !kept.has(field));
  return [...changesOf(base, edited), ...removed.map(([field, value]) => ({ field, base: value, theirs: value, yours: undefined }))];
}

function headOf(title: string, kind: Kind): string {
  return [
    `# ${title}: change what you like, and save. Without a change nothing is sent.`,
    `# The fields are ${kind.changeable.join(', ')}. A line that begins with # is not read.`,
    '',
  ].join('\n');
}

async function editOne(kind: Kind, name: string, context: Context): Promise<Fields> {
  const title = kind.named ? `${kind.kind}/${name}` : kind.kind;
  const client = await context.client();
  const found = await kind.find(client, name, context.signal);
  if (!found) throw new Failure(`There is no ${kind.kind} "${name}".`, { code: 'not-found', exit: EXIT.missing });
  const base = changeableFields(kind, found);
  const { stringify } = await import('yaml');
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-edit-'));
  const path = join(folder, `${kind.kind}.yaml`);
  try {
    await writeFile(path, headOf(title, kind) + stringify(base, { lineWidth: 0 }), { mode: 0o600 });
    const changes = editedChanges(base, await readEdited(path, kind, context));
    if (changes.length === 0) context.note(`${title} was not changed; nothing was sent.`);
    else if (!(await writeMerged({ title, kind, name }, changes, client, context)))
      context.note(`${title} is like that already; nothing was sent.`);
    await rm(folder, { recursive: true, force: true });
    return (await kind.find(client, name, context.signal)) ?? {};
  } catch (error) {
    const isKept = await readFile(path).then(
      () => true,
      () => false,
    );
    if (isKept) context.note(`Your text is kept in ${path}.`);
    throw error instanceof Error && 'syscall' in error
      ? new Failure(`The file "${path}" cannot be written (${codeOf(error)}).`, { code: 'file', exit: EXIT.failed })
      : toFailure(error);
  }
}

const NAMED_KINDS: readonly NameKind[] = ['cluster', 'secret', 'webhook', 'member'];
const namesOfKind = (kind: string) => NAMED_KINDS.find((one) => one === kind);

/** Reads an object, has it edited, and writes what was changed, with `If-Match`. */
export const edit = command({
  path: 'edit',
  summary: 'Change an object in your editor.',
  details:
    'The editor is that of VISUAL or EDITOR. Only the fields that you change are sent, and what others changed meanwhile stays. Where they changed ' +
    'the same field, it is shown as it was, as theirs and as yours, and you decide; without a terminal that is exit code 5. When it fails, your text ' +
    'is kept in a file.',
  examples: [
    { run: 'openkupe edit cluster production', why: 'version, resources, alerts and labels' },
    { run: 'openkupe edit alertmanager', why: 'the whole configuration of Alertmanager' },
  ],
  args: {
    kind: { summary: `One of ${KINDS.map(({ kind }) => kind).join(', ')}.`, choices: KINDS.map(({ kind }) => kind) },
    name: { summary: 'Its name, where there can be several.', isOptional: true, names: namesOfKind },
  },
  flags: {},
  formats: ['yaml', 'json'],
  ownsSignals: true,
  isRemote: true,
  hasScript: false,
  next: ({ status, outcome }, { kind, name = '' }) =>
    status === 404 || outcome === 'unknown' ? { run: `openkupe ${kind} get ${name}`.trim(), why: 'shows what is there' } : undefined,
  async run({ args: { kind: given, name } }, context) {
    const kind = kindNamed(given);
    if (!kind) throw misuse(`There is no kind "${given}"; it is one of ${KINDS.map((one) => one.kind).join(', ')}.`);
    if (kind.named && name === undefined) throw misuse(`Which ${kind.kind}? Give its ${kind.named}.`);
    return asDocument(await editOne(kind, name ?? kind.kind, context));
  },
});
