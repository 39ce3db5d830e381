import type { ServerResponse } from 'node:http';
import type { Clock } from '@openkupe/contract';
import type { Fault } from '../faults/fault-table.ts';
import type { RecordedRequest } from '../recording/recording.ts';
import type { CapturedAnswer } from './execute.ts';

/** Ends the connection without an answer. */
export function endConnection(response: ServerResponse, how: 'closed' | 'reset', recorded: RecordedRequest): void {
  recorded.outcome = how;
  const { socket } = response;
  if (how === 'reset') socket?.resetAndDestroy();
  else socket?.destroy();
}

/** Sends the head, as much of the body as `fraction` says, and ends the connection. */
function cutOff(response: ServerResponse, { status, headers, body }: CapturedAnswer, fraction: number, recorded: RecordedRequest): void {
  recorded.outcome = 'cut';
  const { socket } = response;
  response.writeHead(status, headers);
  response.flushHeaders();
  // NOTE: at least one byte is missing, or the answer would be whole.
  const part = body.subarray(0, Math.min(body.length - 1, Math.floor(body.length * fraction)));
  response.write(part, () => socket?.destroySoon());
}

async function trickle(
  response: ServerResponse,
  { status, headers, body }: CapturedAnswer,
  { pieces, everyMs }: Extract<Fault, { kind: 'slow-body' }>,
  machine: Clock,
): Promise<void> {
  response.writeHead(status, headers);
  response.flushHeaders();
  const size = Math.max(1, Math.ceil(body.length / pieces));
  for (let at = 0; at < body.length && !response.destroyed; at += size) {
    response.write(body.subarray(at, at + size));
    await machine.sleep(everyMs);
  }
  response.end();
}

/** Sends an answer, as the faults of its delivery want it. `machine` is the real clock. */
export async function deliver(
  response: ServerResponse,
  answer: CapturedAnswer,
  faults: readonly Fault[],
  { recorded, machine }: { readonly recorded: RecordedRequest; readonly machine: Clock },
): Promise<void> {
  recorded.retryAfter = answer.headers['retry-after'] === undefined ? undefined : String(answer.headers['retry-after']);
  recorded.etag = answer.headers.etag;
  response.once('finish', () => {
    recorded.outcome ??= answer.status;
  });
  const half = faults.find((fault) => fault.kind === 'half-body');
  // NOTE: of an answer without a body nothing can be cut off, so the connection ends without any of it.
  if (half && answer.body.length === 0) return endConnection(response, 'closed', recorded);
  if (half) return cutOff(response, answer, half.fraction, recorded);
  const slow = faults.find((fault) => fault.kind === 'slow-body');
  if (slow) return trickle(response, answer, slow, machine);
  response.writeHead(answer.status, answer.headers).end(answer.body);
}
