import type { RecordedRequest, Recording } from './recording.ts';

const OUTCOMES = {
  reset: 'connection reset',
  closed: 'connection closed without an answer',
  cut: 'connection closed within the answer',
  left: 'the client left',
} as const;

function outcomeText({ outcome, executedAs, retryAfter }: RecordedRequest): string {
  if (outcome === undefined) return 'not answered yet';
  if (typeof outcome === 'number') return retryAfter === undefined ? String(outcome) : `${outcome}, Retry-After: ${retryAfter}`;
  const executed = executedAs === undefined ? 'not executed' : `executed: ${executedAs}`;
  return `${OUTCOMES[outcome]} (${executed})`;
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

function line(request: RecordedRequest): string {
  const { number, sinceStartMs, method, target, key, headers, faults, firedBy, tookMs } = request;
  const marks = [
    ...(key && key !== 'key-1' ? [key] : []),
    ...(headers.ifMatch === undefined ? [] : [`If-Match ${headers.ifMatch}`]),
    ...(headers.idempotencyKey === undefined ? [] : [`Idempotency-Key ${headers.idempotencyKey}`]),
  ];
  const cause = faults.length === 0 ? '' : `  <- ${faults.join(' + ')} (${firedBy.join(', ')})`;
  const took = tookMs === undefined ? '' : ` in ${seconds(tookMs)} s`;
  const asked = `${method} ${target}${marks.length === 0 ? '' : ` [${marks.join(', ')}]`}`;
  return `${String(number).padStart(4)}  ${seconds(sinceStartMs).padStart(9)} s  ${asked}  ${outcomeText(request)}${took}${cause}`;
}

/** The recording as text, a line for each request: when it came, what it asked, what the client got, and which fault it met. */
export function printTimeline({ requests, forgotten }: Recording): string {
  const before = forgotten === 0 ? [] : [`${forgotten} earlier requests are no longer kept`];
  return [...before, ...requests.map(line), ''].join('\n');
}
