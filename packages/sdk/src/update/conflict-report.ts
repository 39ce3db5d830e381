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
 * The error of an update that lost every round: what it started from, what it wanted and what it met, for whoever has to decide. Where
 * the last look failed it is not known what was met.
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
    ...(last.requestId === undefined ? {} : { requestId: last.requestId }),
  });
}
