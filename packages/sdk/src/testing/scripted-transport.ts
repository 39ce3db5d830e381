import type { Clock } from '@openkupe/contract/clock';
import { isEventStream, NoAnswer, type NoAnswerKind, type Transport, type TransportRequest } from '../transport/transport.ts';

/** One answer of a script. `afterMs` is how long it takes; a `failure` ends the attempt without an answer. */
export interface ScriptedReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly failure?: NoAnswerKind;
  readonly afterMs?: number;
}

/** What happens to one request: a reply, or a function that makes it of the request. */
export type ScriptStep = ScriptedReply | ((request: TransportRequest) => ScriptedReply);

/** A request that the script was asked to answer. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly isRepeatable: boolean;
  readonly attempt: number | undefined;
  /** On the clock's monotonic scale. */
  readonly atMs: number;
}

/** A transport that records what is sent. */
export interface ScriptedTransport extends Transport {
  readonly sent: readonly SentRequest[];
}

/** A transport that answers from a script, one step per request; the last step repeats when `isLastRepeated`. For tests. */
export function createScriptedTransport(
  clock: Clock,
  steps: readonly ScriptStep[],
  { isLastRepeated = false }: { isLastRepeated?: boolean } = {},
): ScriptedTransport {
  const sent: SentRequest[] = [];
  return {
    name: 'scripted',
    sent,
    async send(request) {
      const { method, headers, body, isRepeatable, attempt, signal } = request;
      const { pathname, search } = new URL(request.url);
      sent.push({
        method,
        path: pathname + search,
        headers,
        body: body && JSON.parse(body),
        isRepeatable,
        attempt,
        atMs: clock.monotonic(),
      });
      const step = steps[sent.length - 1] ?? (isLastRepeated ? steps.at(-1) : undefined);
      if (!step) throw new Error(`The script has no step ${sent.length}: ${method} ${pathname} was not expected`);
      const reply = typeof step === 'function' ? step(request) : step;
      if (reply.afterMs) await clock.sleep(reply.afterMs, signal);
      if (reply.failure) throw new NoAnswer(reply.failure, `Scripted: ${reply.failure}`);
      const lower = new Map(Object.entries(reply.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
      const text = reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
      if (request.onText && isEventStream(lower.get('content-type'))) {
        request.onText(text);
        return { status: reply.status ?? 200, headers: { get: (name) => lower.get(name) }, text: '' };
      }
      return { status: reply.status ?? 200, headers: { get: (name) => lower.get(name) }, text };
    },
  };
}
