/**
 * The bound on guarded PATCHes: `node:http` with the store behind it and nothing in between, on a data folder with clusters of the tenant
 * "demo". A PATCH reads the row and commits what the server commits; nothing is limited, authenticated, checked or rendered.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { answerQuestions } from '../harness/worker.ts';

const TENANT = 'demo';

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

answerQuestions(async ({ folder }: { folder: string }) => {
  const store = await openSqliteStore({ folder });

  async function update(request: IncomingMessage): Promise<{ text: string; version: string }> {
    const name = request.url?.split('/').at(-1) ?? '';
    const key = { kind: 'cluster', tenant: TENANT, name } as const;
    const patch = JSON.parse(await textOf(request));
    const row = await store.get(key);
    if (!row) throw new Error(`No cluster "${name}"`);
    const spec = { ...row.spec, ...patch };
    const expectedVersion = /\d+/.exec(request.headers['if-match'] ?? '')?.[0] ?? row.resourceVersion;
    const outcome = await store.commit({
      at: Date.now(),
      writes: [{ verb: 'update-if', key, expectedVersion, spec, keepsLabels: true }],
      audit: {
        ...{ tenant: TENANT, actor: 'bench', action: 'clusters.update', target: `clusters/${name}`, requestId: 'req-1' },
        ...{ tenantUid: '', targetUid: row.uid, address: '127.0.0.1', fields: [] },
      },
      events: [{ key, type: 'changed', message: `Cluster "${name}" was changed: alerts` }],
      wake: [key],
    });
    if (outcome.outcome !== 'written') throw new Error(`The update ended ${outcome.outcome}`);
    return { text: JSON.stringify({ name, ...spec, status: row.observed }), version: String(outcome.revision) };
  }

  const server = createServer(async (request, response) => {
    const { text, version } = await update(request);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), etag: `"${version}"` });
    response.end(text);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { pid: process.pid, port: (server.address() as AddressInfo).port };
});
