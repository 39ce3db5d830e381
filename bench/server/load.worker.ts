/**
 * A load generator on bare sockets: each connection sends its next request when the answer to the last is there. Used where a request
 * depends on an answer (`If-Match`), and for reads where `wrk` is missing. Answers need a Content-Length, or no body.
 */
import { connect, type Socket } from 'node:net';
import { quantile } from '../harness/statistics.ts';
import { answerQuestions } from '../harness/worker.ts';
import type { Load, LoadResult, Shape } from './load.ts';

interface ReadAnswer {
  readonly status: number;
  readonly etag: string | undefined;
}

/** Calls `onAnswer` for each answer that arrives on `socket`, in order. */
function readAnswers(socket: Socket, onAnswer: (answer: ReadAnswer) => void): void {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      onAnswer({ status: Number(head.slice(9, 12)), etag: /\r\netag: ([^\r]+)/i.exec(head)?.[1] });
    }
  });
}

function requestText(shape: Shape, headers: Load['headers'], etag: string | undefined, count: number): string {
  const body = shape.method === 'PATCH' ? JSON.stringify({ alerts: { count } }) : '';
  const own = body ? { 'content-type': 'application/json', 'content-length': String(body.length), 'if-match': etag ?? '*' } : {};
  const lines = Object.entries({ host: 'bench', ...headers, ...own }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${shape.method} ${shape.path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

async function run({ port, headers, connections, seconds }: Load): Promise<LoadResult> {
  const latencies = new Map<string, number[]>();
  const statuses: Record<string, number> = {};
  const sockets = connections.map(() => connect({ port, host: '127.0.0.1', noDelay: true }));
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  await Promise.all(
    connections.map(async (shapes, index) => {
      const socket = sockets[index] as Socket;
      await new Promise<void>((resolve, reject) => {
        const etags = new Map<Shape, string | undefined>();
        let count = 0;
        let sentAt = 0;
        let shape = shapes[0] as Shape;
        const next = () => {
          sentAt = performance.now();
          if (sentAt >= until) return resolve();
          shape = shapes[count % shapes.length] as Shape;
          count += 1;
          socket.write(requestText(shape, headers, etags.get(shape), count));
        };
        socket.once('error', reject).once('close', resolve);
        readAnswers(socket, ({ status, etag }) => {
          etags.set(shape, etag);
          statuses[status] = (statuses[status] ?? 0) + 1;
          const known = latencies.get(shape.name) ?? [];
          latencies.set(shape.name, known);
          known.push(performance.now() - sentAt);
          next();
        });
        socket.once('connect', next);
      });
    }),
  );
  for (const socket of sockets) socket.destroy();
  const elapsed = (performance.now() - startedAt) / 1000;
  const rows = [...latencies].map(([name, values]) => {
    return [name, { perSecond: values.length / elapsed, p50Ms: quantile(values, 0.5), p99Ms: quantile(values, 0.99) }] as const;
  });
  return { byName: Object.fromEntries(rows), statuses };
}

answerQuestions(run);
