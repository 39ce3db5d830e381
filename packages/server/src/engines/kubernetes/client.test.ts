import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from './client.ts';
import type { Credential } from './credential.ts';
import { type ScriptedApiServer, startScriptedApiServer } from './testing/scripted-api-server.ts';

const CONFIG_MAPS = { apiVersion: 'v1', plural: 'configmaps' };
const NAME = { namespace: 'default', name: 'one' };
let api: ScriptedApiServer;
let client: KubernetesClient;
let folder: string;

const connect = (credential: Credential = { type: 'anonymous' }, caPem = api.caPem) =>
  createKubernetesClient({ server: api.server, caPem, credential });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openkupe-client-'));
  api = await startScriptedApiServer();
  client = connect();
});
afterEach(async () => {
  client.close();
  await api.close();
  await rm(folder, { recursive: true });
});

describe('an answer that is none', () => {
  it('is refused when it is longer than a page can be', async () => {
    api.answer((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 32);
      const more = () => {
        while (response.write(chunk)) if (response.destroyed) return;
        response.once('drain', more);
      };
      more();
    });
    await expect(client.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ name: 'ConnectionError', outcome: 'unreadable' });
  });

  it('is no JSON, or breaks off', async () => {
    api.answer((_request, response) => void response.end('<html>'));
    await expect(client.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ outcome: 'unreadable' });
    api.answer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    await expect(client.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ outcome: 'no-answer' });
  });

  it('is a Status whose message is too long to keep', async () => {
    const status = { kind: 'Status', reason: 'Forbidden', message: 'no '.repeat(1_000_000) };
    api.answer((_request, response) => void response.writeHead(403).end(JSON.stringify(status)));
    const error = await client.get(CONFIG_MAPS, NAME).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ reason: 'Forbidden' });
    expect((error as Error).message.length).toBeLessThanOrEqual(4_000);
  });

  it('ends with the signal of the caller, whose reason it carries', async () => {
    api.answer(() => {});
    const stop = new AbortController();
    const asked = client.get(CONFIG_MAPS, NAME, { signal: stop.signal });
    stop.abort(new Error('the lease was lost'));
    await expect(asked).rejects.toThrow('the lease was lost');
  });

  it('of a proxy becomes an error of its code', async () => {
    api.answer((_request, response) => void response.writeHead(400).end('bad gateway configuration'));
    await expect(client.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ code: 400, reason: '', message: 'bad gateway configuration' });
  });
});

describe('the certificate of the server', () => {
  it('is trusted by the pinned authority alone', async () => {
    const other = await startScriptedApiServer();
    const stranger = connect({ type: 'anonymous' }, other.caPem);
    await expect(stranger.raw('/readyz')).rejects.toMatchObject({ outcome: 'cannot-connect' });
    stranger.close();
    await other.close();
    expect(api.requests).toEqual([]);
  });
});

describe('a token file', () => {
  it('is read again once it was replaced, and only then', async () => {
    const path = join(folder, 'token');
    const seen: unknown[] = [];
    api.answer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('ok');
    });
    await writeFile(path, 'first\n');
    const rotating = connect({ type: 'token-file', path });
    await rotating.raw('/readyz');
    await writeFile(path, 'the second\n');
    await rotating.raw('/readyz');
    rotating.close();
    expect(seen).toEqual(['Bearer first', 'Bearer the second']);
  });

  it('that is not there stops the request', async () => {
    const without = connect({ type: 'token-file', path: join(folder, 'missing') });
    await expect(without.raw('/readyz')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(api.requests).toEqual([]);
  });
});

describe('a request that is sent again', () => {
  const clock = createManualClock();
  const refuse = (code: number, times: number, headers: Record<string, string> = {}) => {
    api.answer((_request, response) => {
      const isRefused = api.requests.length <= times;
      response.writeHead(isRefused ? code : 200, headers).end(isRefused ? '{"kind":"Status","reason":"TooManyRequests"}' : '{}');
    });
  };
  const ask = async (work: (asking: KubernetesClient) => Promise<unknown>) => {
    const asking = createKubernetesClient({ ...api, credential: { type: 'anonymous' } }, { clock, random: createSeededRandom(1) });
    const beganMs = clock.monotonic();
    const result = await clock.runUntil(work(asking).catch((error: unknown) => error));
    asking.close();
    return { result, requests: api.requests.length, waitedMs: clock.monotonic() - beganMs };
  };
  const create = (asking: KubernetesClient) => asking.create(CONFIG_MAPS, { kind: 'ConfigMap', metadata: NAME });

  it('waits for the Retry-After of a 429, also for a write', async () => {
    refuse(429, 2, { 'retry-after': '3' });
    const { result, requests, waitedMs } = await ask(create);
    expect({ result, requests }).toEqual({ result: {}, requests: 3 });
    expect(waitedMs).toBeGreaterThanOrEqual(6_000);
    expect(waitedMs).toBeLessThan(8_000);
  });

  it('ends after four attempts, and at once when the wait is longer than a call may take', async () => {
    refuse(429, 99, { 'retry-after': '1' });
    const { result, requests } = await ask((asking) => asking.get(CONFIG_MAPS, NAME));
    expect(result).toMatchObject({ code: 429, reason: 'TooManyRequests', retryAfterMs: 1_000 });
    expect(requests).toBe(4);
    refuse(503, 99, { 'retry-after': '60' });
    expect((await ask((asking) => asking.get(CONFIG_MAPS, NAME))).requests).toBe(requests + 1);
  });

  it('is a read or an apply after a connection that broke, and never a create', async () => {
    api.answer((request, response) => (api.requests.length % 2 === 1 ? void request.socket.destroy() : void response.end('{}')));
    expect(await ask((asking) => asking.get(CONFIG_MAPS, NAME))).toMatchObject({ result: {}, requests: 2 });
    expect(await ask((asking) => asking.apply(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: NAME }))).toMatchObject({
      requests: 4,
    });
    expect(await ask(create)).toMatchObject({ result: { outcome: 'no-answer' }, requests: 5 });
  });
});

describe('a watch', () => {
  const watch = async () => {
    const seen: string[] = [];
    for await (const { type, object } of await client.watch(CONFIG_MAPS, { namespace: 'default', resourceVersion: '7' }))
      seen.push(`${type} ${object.metadata.name}`);
    return seen;
  };
  const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

  it('puts events together that arrive in pieces', async () => {
    const text = event('ADDED', { metadata: { name: 'ä' } }) + event('DELETED', { metadata: { name: 'b' } });
    api.answer((_request, response) => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.byteLength; at += 7) response.write(bytes.subarray(at, at + 7));
      response.end();
    });
    expect(await watch()).toEqual(['ADDED ä', 'DELETED b']);
    expect(api.requests[0]).toBe('GET /api/v1/namespaces/default/configmaps?watch=1&allowWatchBookmarks=true&resourceVersion=7');
  });

  it('throws the Status of an ERROR event and of a refusal alike', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    api.answer((_request, response) => void response.end(event('ERROR', status)));
    await expect(watch()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
    api.answer((_request, response) => void response.writeHead(410).end(JSON.stringify(status)));
    await expect(watch()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });
});
