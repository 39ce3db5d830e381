import type { AuditFilter } from '@openkupe/sdk';
import { type Flags, parsed, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';

/** A day, which begins in UTC, or an RFC 3339 time. NOTE: without a zone it would be the zone of this machine. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/;

function parseMoment(name: string) {
  return (given: string): string => {
    const [day = ''] = given.split('T');
    // NOTE: Date.parse takes 2026-02-30 for a day in March.
    const isMoment = MOMENT.test(given) && !Number.isNaN(Date.parse(given)) && new Date(day).toISOString().startsWith(day);
    if (!isMoment) throw misuse(`--${name} ${JSON.stringify(given)} is no moment; write a day, or one such as 2026-04-06T12:00:00Z.`);
    return new Date(given).toISOString();
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
