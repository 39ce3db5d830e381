/**
 * What a good team would write instead: Fastify with its own rate limiter, the key looked up in SQLite by its SHA-256, rows from SQLite as
 * JSON with an ETag. Beside openkupe it has no tenants, roles, idempotency, overload, request ids, strict parsing or writes.
 */
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { answerQuestions } from '../harness/worker.ts';

async function build({ file, key, clusters, max }) {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS api_key (hash TEXT PRIMARY KEY, tenant TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS cluster (tenant TEXT, name TEXT, version INTEGER, body TEXT, PRIMARY KEY (tenant, name)) STRICT;`);
  database.prepare('REPLACE INTO api_key VALUES (?, ?)').run(hash('sha256', key), 'demo');
  const put = database.prepare('REPLACE INTO cluster VALUES (?, ?, ?, ?)');
  for (const { name, body } of clusters) put.run('demo', name, 1, body);
  const findKey = database.prepare('SELECT tenant FROM api_key WHERE hash = ?');
  const get = database.prepare('SELECT version, body FROM cluster WHERE tenant = ? AND name = ?');
  const list = database.prepare('SELECT body FROM cluster WHERE tenant = ? ORDER BY name');

  const app = Fastify({ logger: false });
  await app.register(rateLimit, { max, timeWindow: '1 hour' });
  app.addHook('onRequest', async (request, reply) => {
    const sent = request.headers.authorization ?? '';
    const found = sent.startsWith('Bearer ') ? findKey.get(hash('sha256', sent.slice(7))) : undefined;
    if (!found) return reply.code(401).send({ error: 'invalid key' });
    if (found.tenant !== request.params.tenant) return reply.code(403).send({ error: 'no access' });
  });
  app.get('/api/v1/tenants/:tenant/clusters/:name', async (request, reply) => {
    const row = get.get(request.params.tenant, request.params.name);
    if (!row) return reply.code(404).send({ error: 'not found' });
    const etag = `"${row.version}"`;
    reply.header('etag', etag);
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return JSON.parse(row.body);
  });
  app.get('/api/v1/tenants/:tenant/clusters', async (request) => ({
    items: list.all(request.params.tenant).map(({ body }) => JSON.parse(body)),
  }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app.server.address().port;
}

answerQuestions(async (given) => ({
  pid: process.pid,
  port: await build({ ...given, max: 1e9 }),
  limited: await build({ ...given, max: 1 }),
}));
