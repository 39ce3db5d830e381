import { EXIT } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import type { Paint } from '../terminal/terminal.ts';
import type { Failure } from './failure.ts';

/** The failure as one line of JSON. Every key is present, `null` where it does not apply; `conflicts` only after a conflict. */
export function failureAsJson(failure: Failure): string {
  const { code, exit, status, requestId, attempts, outcome, next, conflicts } = failure.details;
  const line = {
    error: failure.message,
    code,
    status: status ?? null,
    exit,
    requestId: requestId ?? null,
    attempts: attempts ?? null,
    outcome: outcome ?? null,
    next: next ?? [],
    ...(conflicts && { conflicts }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** The failure as text: one sentence and at most two indented lines, what to run next and the request id. */
export function failureAsText(failure: Failure, paint: Paint): string {
  const { requestId, next } = failure.details;
  const step = next?.[0];
  const isSignal = failure.details.exit === EXIT.interrupted || failure.details.exit === EXIT.terminated;
  const lines = [`${isSignal ? '' : `${paint('red', 'Error:')} `}${printable(failure.message)}`];
  if (step) lines.push(`  ${step.run}  ${paint('dim', `# ${step.why}`)}`);
  const isNamed = requestId === undefined || failure.message.includes(requestId);
  if (!isNamed) lines.push(`  request id ${printable(requestId)}`);
  return `${lines.join('\n')}\n`;
}
