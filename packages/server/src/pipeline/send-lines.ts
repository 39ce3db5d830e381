import type { Route } from '@openkupe/contract';
import type { Reply, TextSink } from '../errors/reply.ts';
import type { Log } from '../log/log.ts';
import type { Exchange } from './exchange.ts';
import type { Call } from './handler.ts';
import { type SlotDependencies, takeSlot } from './open-stream.ts';

/** What {@link sendLines} needs. */
export interface LineDependencies extends SlotDependencies {
  readonly log: Pick<Log, 'warn'>;
}

/** Writes lines as the client takes them. An end that is not the end of the lines is seen as a broken connection. */
async function write(lines: AsyncIterable<string>, sink: TextSink): Promise<void> {
  for await (const text of lines) {
    sink.write(Buffer.from(text));
    if (!(await sink.taken())) return sink.cutOff();
  }
  sink.end();
}

/** Stage 11 for JSON lines: 429 or 503 where too many streams are open, of which this is one until the last line is read. */
export function sendLines(
  exchange: Exchange,
  route: Route,
  { principal }: Pick<Call, 'principal'>,
  lines: AsyncIterable<string>,
  deps: LineDependencies,
): Reply {
  const slot = takeSlot(principal, deps);
  const { requestId } = exchange;
  return {
    status: route.success.status,
    headers: {
      ...exchange.headers,
      'x-request-id': requestId,
      'cache-control': 'no-store',
      'content-type': 'application/x-ndjson; charset=utf-8',
    },
    stream: {
      isEndless: false,
      start(sink) {
        write(lines, sink).catch((err: unknown) => {
          deps.log.warn({ requestId, err }, 'lines could not be read to their end, and the connection is closed');
          sink.cutOff();
        });
      },
      close: () => slot[Symbol.dispose](),
    },
  };
}
