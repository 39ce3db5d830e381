import type { AuditFilter } from '@openkupe/sdk';
import { type Flags, parsed, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';

function parseMoment(name: string) {
  return (given: string): string => {
    const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
    if (Number.isNaN(at))
      throw misuse(`--${name} ${JSON.stringify(given)} is no moment; write a day, or one such as 2026-04-06T12:00:00Z.`);
    return new Date(at).toISOString();
  };
}

/** The flags that choose rows of the audit. */
export const AUDIT_FLAGS = {
  actor: text('id', 'Only changes by this API key, e-mail address or operator.'),
  action: text('operation', 'Only this operation, like clusters.update; clusters. stands for all of them.'),
  target: text('what', 'Only changes of this, like clusters/production.'),
  since: parsed('time', 'Only changes at or after this moment.', parseMoment('since')),
  until: parsed('time', 'Only changes before this moment.', parseMoment('until')),
} as const satisfies Flags;

/** The filter that the flags give. */
export function filterOf({ actor, action, target, since, until }: AuditFilter): AuditFilter {
  return { actor, action, target, since, until };
}
