/** The simplest way to stream events: each stream reads the store four times a second. POST commits an event and answers its revision. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { answerQuestions } from '../harness/worker.ts';

const POLL_MS = 250;

answerQuestions(async ({ folder }: { folder: string }) => {
  const store = await openSqliteStore({ folder });
  const key = { kind: 'cluster', tenant: 'demo', name: 'c7' } as const;
  async function write(): Promise<number> {
    const written = await store.commit({
      at: Date.now(),
      writes: [],
      events: [{ key, type: 'changed', message: 'Cluster "c7" was changed: alerts' }],
    });
    return written.outcome === 'written' ? written.revision : 0;
  }
  async function stream(response: ServerResponse): Promise<void> {
    let seen = await store.newestRevision();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`id: ${seen}\n\n`);
    setInterval(async () => {
      for (const { revision, key, ...event } of await store.events(seen, 500)) {
        seen = revision;
        response.write(`data: ${JSON.stringify({ revision, name: key.name, ...event })}\nid: ${revision}\n\n`);
      }
    }, POLL_MS);
  }
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') await stream(response);
    else response.end(JSON.stringify({ resourceVersion: String(await write()) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { pid: process.pid, port: (server.address() as AddressInfo).port };
});
