import type { Recovery } from './call.ts';
import { KupeError } from './errors/kupe-error.ts';
import type { AttemptRecord } from './retry/attempt-record.ts';

const seconds = (ms: number) => `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;

/** The words for a decision. */
const BECAUSE: Readonly<Record<AttemptRecord['decision'], string>> = {
  done: 'done',
  'retry-after': 'the server said how long to wait',
  'retry-after-missing': 'rate limited without a Retry-After',
  backoff: 'backing off',
  'not-retryable': 'repeating cannot help',
  'not-repeatable': 'repeating could do it twice',
  'attempts-exhausted': 'no attempts left',
  'retry-after-too-long': 'the wait asked for is longer than allowed',
  deadline: 'no time left',
  'credential-refused': 'the credential was just refused',
  'circuit-open': 'the service is known to be down',
  'conflicts-exhausted': 'others were faster every time',
};

function line(record: AttemptRecord, index: number): string {
  const { status, outcome, durationMs, queuedMs, decision, waitMs, ratePerSecond, requestId } = record;
  const said = status === undefined ? outcome : `${status} ${outcome}`;
  const queued = queuedMs >= 50 ? `, after ${seconds(queuedMs)} in the queue` : '';
  const next = waitMs > 0 ? `wait ${seconds(waitMs)}: ${BECAUSE[decision]}` : BECAUSE[decision];
  const rate = ratePerSecond === undefined ? '' : ` (at ${ratePerSecond.toFixed(1)} a second)`;
  return `  ${index + 1}. ${said} in ${seconds(durationMs)}${queued} → ${next}${rate}${requestId ? ` [${requestId}]` : ''}`;
}

/** Whether the same call may succeed when it is made again. */
function advice({ retryable, retryAt, outcome }: KupeError): string {
  const again = retryAt ? `, not before ${retryAt.toISOString()}` : '';
  if (retryable) return `may succeed later${again}`;
  return outcome === 'unknown' ? 'could do it twice' : 'will not succeed as it is';
}

/**
 * How a call went and why, as text for people: one line per attempt. Takes a result or an error of this package.
 *
 * @example
 * await client.clusters.get('missing').catch((error) => {
 *   if (!(error instanceof KupeError)) throw error;
 *   console.log(explain(error));
 * });
 */
export function explain(subject: { readonly attempts: readonly AttemptRecord[]; readonly recovered?: Recovery } | KupeError): string {
  const lines = subject.attempts.map(line);
  if (subject instanceof KupeError) {
    lines.unshift(`${subject.name}: ${subject.message}`);
    const change = subject.outcome === 'unknown' ? 'may have happened' : `is ${subject.outcome.replace('-', ' ')}`;
    lines.push(`Stopped: ${BECAUSE[subject.stopReason]}. The change ${change}; the same call ${advice(subject)}.`);
  } else {
    const recovered = subject.recovered ? `, found by reading to be ${subject.recovered.replace('-', ' ')}` : '';
    lines.unshift(`Succeeded after ${subject.attempts.length} ${subject.attempts.length === 1 ? 'attempt' : 'attempts'}${recovered}`);
  }
  return lines.join('\n');
}
