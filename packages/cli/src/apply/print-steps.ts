import type { View } from '../output/result.ts';
import { printable } from '../terminal/printable.ts';
import type { Paint } from '../terminal/terminal.ts';
import type { Step } from './plan.ts';
import { titleOf } from './read-documents.ts';
import type { FieldChange } from './three-way.ts';

const plain: Paint = (_colour, text) => text;

/** A value in one line, as JSON has it where it is no plain text. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'unset';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function changeLine({ field, base, yours }: FieldChange, isNew: boolean, paint: Paint): string {
  if (isNew) return paint('green', `  + ${field}: ${shown(yours)}`);
  return `  ${paint('yellow', '~')} ${field}: ${paint('red', shown(base))} → ${paint('green', shown(yours))}`;
}

/** What is to happen, object by object and field by field; empty where nothing is. */
export function printSteps(steps: readonly Step[], paint: Paint = plain): string {
  const parts = steps.map((step) => {
    if (step.action === 'keep') return '';
    if (step.action === 'delete') return `${paint('red', `- ${titleOf(step)}`)}\n`;
    const isNew = step.action === 'create';
    const head = isNew ? paint('green', `+ ${titleOf(step)}`) : `${paint('yellow', '~')} ${titleOf(step)}`;
    return `${[head, ...step.changes.map((change) => changeLine(change, isNew, paint))].join('\n')}\n`;
  });
  return parts.join('');
}

/** What became of one object. */
export interface Applied {
  readonly kind: string;
  readonly name: string;
  readonly action: 'created' | 'changed' | 'deleted' | 'unchanged';
  /** Of a cluster that was only validated: what it would cost. */
  readonly price?: { readonly currency: string; readonly perMonth: string };
}

/** The objects of an apply. */
export const APPLIED_VIEW: View<Applied> = {
  kind: '',
  nameOf: ({ kind, name }) => `${kind}/${name}`,
  fields: [
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ACTION', value: ({ action }) => action },
    { title: 'COSTS A MONTH', value: ({ price }) => price && `${price.perMonth} ${price.currency}`, list: 'wide' },
  ],
};
