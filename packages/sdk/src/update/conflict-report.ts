import { PreconditionFailedError } from '../errors/by-status.ts';
import type { ConflictReport } from '../errors/kupe-error.ts';

type Fields = Readonly<Record<string, unknown>>;

function reportOf(base: object, wanted: object, current: object | undefined, rounds: number): ConflictReport {
  const fields = Object.entries(wanted).map(([field, value]) => ({
    field,
    base: (base as Fields)[field],
    wanted: value,
    current: (current as Fields | undefined)?.[field],
  }));
  return { rounds, fields };
}

/**
 * The error of an update that lost every round, with a three-way report: the value it started from, the value it wanted and the current
 * value of each field; `current` is undefined when the last read failed.
 */
export function conflictError(
  last: PreconditionFailedError,
  path: string,
  { base, wanted, current, rounds }: { base: object; wanted: object; current: object | undefined; rounds: number },
): PreconditionFailedError {
  const conflict = reportOf(base, wanted, current, rounds);
  const said = conflict.fields.map(
    ({ field, wanted: value, current: met }) => `${field} is ${JSON.stringify(met)}, wanted ${JSON.stringify(value)}`,
  );
  const times = rounds === 1 ? 'once' : `${rounds} times in a row`;
  const difference = current ? ` (${said.join('; ')})` : '';
  return new PreconditionFailedError(`${path} was changed by others ${times} while it was being updated${difference}; try again later`, {
    status: 412,
    stopReason: 'conflicts-exhausted',
    retryable: true,
    outcome: last.outcome,
    cause: last,
    conflict,
    changes: last.changes,
    ...(last.requestId === undefined ? {} : { requestId: last.requestId }),
  });
}
