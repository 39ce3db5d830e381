import { contestant, markdown, ratio } from '../harness/table.ts';
import { runWorker, startWorker } from '../harness/worker.ts';
import type { LimitedServer } from './limited-server.worker.ts';

/** One client library, unmodified, with many calls at once. */
export interface ClientRow {
  readonly client: string;
  readonly limiter: string;
  readonly calls: number;
  readonly done: number;
  /** Of the time that the limit needs for the calls. */
  readonly ofIdeal: number;
}

const PER_SECOND = 10;
const BURST = 10;
const WORKER = new URL('clients.worker.ts', import.meta.url);
/** Clients start this long apart, so that one's volley does not slow down another's. */
const APART_MS = 1_500;

async function storm(client: string, calls: number, limiter: string, waitMs: number): Promise<ClientRow> {
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  const server = await startWorker(new URL('limited-server.worker.ts', import.meta.url), [String(PER_SECOND), String(BURST), limiter]);
  try {
    const { url } = await server.ask<LimitedServer>({});
    const { origin } = new URL(url);
    const { done, seconds } = (await runWorker(WORKER, [client, `${origin}/api/v1`, String(calls)])) as { done: number; seconds: number };
    return { client, limiter, calls, done, ofIdeal: seconds / ((calls - BURST) / PER_SECOND) };
  } finally {
    await server.stop();
  }
}

/** Client libraries as they come, each on a server of its own with 10 a second after a burst of 10: many calls at once for one thing. */
export async function measureClients(isQuick: boolean): Promise<ClientRow[]> {
  const names = (await runWorker(WORKER, ['--list'])) as string[];
  const calls = isQuick ? 60 : 300;
  const rows: ClientRow[] = [];
  for (const limiter of ['openkupe', 'token bucket'])
    rows.push(...(await Promise.all(names.map((name, at) => storm(name, calls, limiter, at * APART_MS)))));
  return rows;
}

/** One line per client and limiter. */
export function clientsTable(rows: readonly ClientRow[]): string {
  const lines = rows.map(({ client, limiter, calls, done, ofIdeal }) => [
    client,
    contestant(limiter),
    `${done} of ${calls}`,
    done < calls ? 'never' : ratio(ofIdeal),
  ]);
  return markdown(['client', 'limiter', 'done', '× ideal time'], lines);
}
