import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { printLines } from '../output/table.ts';
import type { Kind } from './kinds.ts';
import { shown } from './print-steps.ts';
import { type FieldChange, merge } from './three-way.ts';

/** Thrown out of an update: fields that another client changed meanwhile. */
class Conflict extends Error {
  readonly fields: readonly FieldChange[];
  constructor(fields: readonly FieldChange[]) {
    super('Another client changed the same fields');
    this.fields = fields;
  }
}

function refusal(title: string, fields: readonly FieldChange[]): Failure {
  const names = fields.map(({ field }) => field).join(', ');
  return new Failure(`${title} was not changed, because another client changed ${names} meanwhile.`, {
    code: 'conflict',
    exit: EXIT.conflict,
    outcome: 'not-applied',
    conflicts: fields,
  });
}

/** Shows a field three ways and asks which value it is to have. Undefined: neither, and nothing is written. */
async function ask(
  { field, base, theirs, yours }: FieldChange,
  { io, signal, terminal }: Context,
): Promise<'theirs' | 'yours' | undefined> {
  const values = [shown(base), shown(theirs), shown(yours)];
  io.stderr.write(`\n${terminal.paint('bold', field)}\n${printLines(['  it was', '  now, theirs', '  yours'], values)}`);
  for (let tries = 0; tries < 3; tries += 1) {
    io.stderr.write('Keep (t)heirs, take (y)ours, or (q)uit? ');
    const typed = (await io.stdin.readLine(signal))?.trim().toLowerCase();
    if (typed === 't' || typed === 'theirs') return 'theirs';
    if (typed === 'y' || typed === 'yours') return 'yours';
    if (typed === undefined || typed === 'q' || typed === 'quit') return undefined;
  }
  return undefined;
}

/** Decides each conflict on the terminal. Gives the changes as they then are: made against what is there now, without those given up. */
async function decide(
  title: string,
  changes: readonly FieldChange[],
  conflicts: readonly FieldChange[],
  context: Context,
): Promise<FieldChange[]> {
  const { io, terminal } = context;
  if (!terminal.isInteractive) {
    for (const { field, base, theirs, yours } of conflicts) {
      context.note(`${field}: it was ${shown(base)}, now it is ${shown(theirs)}, yours is ${shown(yours)}.`);
    }
    throw refusal(title, conflicts);
  }
  io.stderr.write(`Another client changed ${title} meanwhile.\n`);
  const left = new Map(changes.map((change) => [change.field, change]));
  for (const conflict of conflicts) {
    const choice = await ask(conflict, context);
    if (choice === undefined) throw refusal(title, conflicts);
    if (choice === 'theirs') left.delete(conflict.field);
    else left.set(conflict.field, { ...conflict, base: conflict.theirs });
  }
  return [...left.values()];
}

/** The object to change: what to call it, how it is written, by which name. */
export interface Target {
  readonly title: string;
  readonly kind: Kind;
  readonly name: string;
}

/**
 * Writes changes under the version that is read, merged into what others wrote meanwhile. A field that they changed, too, is decided on the
 * terminal; without one the update ends in exit code 5. Returns whether anything was written.
 */
export async function writeMerged(
  { title, kind, name }: Target,
  given: readonly FieldChange[],
  client: Client,
  context: Context,
): Promise<boolean> {
  let changes = given;
  for (;;) {
    let isWritten = false;
    try {
      await kind.update(
        client,
        name,
        (current) => {
          const { patch, conflicts } = merge(changes, current);
          if (conflicts.length > 0) throw new Conflict(conflicts);
          isWritten = patch !== undefined;
          return patch;
        },
        context.signal,
      );
      return isWritten;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      changes = await decide(title, changes, error.fields, context);
    }
  }
}
