import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { openRaw, type RawConnection, responsesIn } from '../testing/raw-connection.ts';

const KEYS = '/api/v1/tenants/demo/apikeys';
const INVALID = 'The request is not valid HTTP/1.1; fix its request line, headers or body framing';

let server: InProcess;
const clients: RawConnection[] = [];
beforeEach(async () => {
  server = await startInProcess({ OPENKUPE_IDLE_CONNECTION_SECONDS: '0.2' });
  await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  server.plane.http.server.closeAllConnections();
  await server.stop();
});

async function open(): Promise<RawConnection> {
  const client = await openRaw(server.plane.http);
  clients.push(client);
  return client;
}
const head = (method: string, path: string, headers = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${server.adminKey}\r\n${headers}`;
const get = (path: string, headers = '') => `${head('GET', path, headers)}\r\n`;
const post = (displayName: string, headers = '') => {
  const body = JSON.stringify({ displayName, role: 'readonly' });
  return `${head('POST', KEYS, headers)}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
const keysNamed = async (displayName: string) => {
  const { json } = await server.send({ method: 'GET', path: KEYS });
  return json.items.filter((key: { displayName: string }) => key.displayName === displayName).length as number;
};
/** Sends all of it at once, and what came back until the server closed the connection. */
async function exchange(text: string, options: { isFinished?: boolean; methods?: readonly string[] } = {}) {
  const client = await open();
  client.write(text);
  if (options.isFinished) client.socket.end();
  return responsesIn(await client.rest(), options.methods);
}
const statuses = (responses: readonly { status: number }[]) => responses.map(({ status }) => status);
const OVERSIZED = `X-Large: ${'x'.repeat(17_000)}\r\n`;

describe('what cannot be parsed, behind requests on the same connection', () => {
  it.each([
    ['garbage', () => 'GARBAGE\r\n\r\n', false, 400],
    ['bytes that are no text', () => '\x00\x01\x02', false, 400],
    ['headers that are too large', () => get(KEYS, OVERSIZED), false, 431],
    ['a request that breaks off in its headers', () => 'GET /api/v1/pl', true, 400],
    ['two lengths', () => post('never', 'Content-Length: 3\r\n'), false, 400],
    ['a CONNECT', () => 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', false, 405],
  ])('%s: they are answered, then it is', async (_what, rest, isFinished, status) => {
    const responses = await exchange(post('first') + get(KEYS) + post('second') + rest(), { isFinished });
    expect(statuses(responses)).toEqual([201, 200, 201, status]);
    expect(responses.at(-1)?.head).toMatch(/retry-advice: stop; executed=no\r\n/);
    expect([await keysNamed('first'), await keysNamed('second'), await keysNamed('never')]).toEqual([1, 1, 0]);
  });

  it('waits for a request that takes its time', async () => {
    const { store } = server.plane.ports;
    const held = Promise.withResolvers<void>();
    const commit = store.commit.bind(store);
    store.commit = async (change) => {
      await held.promise;
      return commit(change);
    };
    const client = await open();
    client.write(`${post('slow')}GARBAGE\r\n\r\n`);
    await pause(100);
    client.write('MORE GARBAGE\r\n\r\n');
    await pause(50);
    held.resolve();
    expect(statuses(responsesIn(await client.rest()))).toEqual([201, 400]);
  });

  it('a body that breaks off is refused by its own answer, behind those before it, and not executed', async () => {
    const responses = await exchange(post('first') + post('cut').slice(0, -4), { isFinished: true });
    expect(statuses(responses)).toEqual([201, 400]);
    expect([JSON.parse(responses[1]?.body ?? '').error, await keysNamed('cut')]).toEqual([INVALID, 0]);
    expect(responses[1]?.head).toMatch(/executed=no/);
  });

  it('a chunk that is none: the body before it is not taken for the whole', async () => {
    const body = JSON.stringify({ displayName: 'chunked', role: 'readonly' });
    const chunked = `${head('POST', KEYS)}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`;
    const responses = await exchange(`${chunked}ZZ\r\n`);
    expect([statuses(responses), await keysNamed('chunked')]).toEqual([[400], 0]);
    expect(statuses(await exchange(`${chunked}0\r\n\r\n`))).toEqual([201]);
  });

  it('a client that has sent all it wants and says so is answered', async () => {
    expect(statuses(await exchange(post('a') + get(KEYS), { isFinished: true }))).toEqual([201, 200]);
  });

  it('carries the time', async () => {
    const [response] = await exchange('GARBAGE\r\n\r\n');
    expect(response?.head).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
  });
});

describe('sixty bodies that are sent in part', () => {
  const PART = 20_000;
  /** The client ends them like this. */
  const ends: Record<string, (client: RawConnection) => void> = {
    'and reset': ({ socket }) => void socket.resetAndDestroy(),
    'and closed': ({ socket }) => void socket.destroy(),
    'and finished, never closed': ({ socket }) => void socket.end(),
    'and held': () => {},
  };
  it.each(Object.entries(ends))('%s: others are answered at once, and no place stays taken', async (_what, end) => {
    const begun: RawConnection[] = [];
    for (let at = 0; at < 60; at += 1) {
      const client = await open();
      client.write(`${head('POST', KEYS)}Content-Length: 1000000\r\n\r\n${'x'.repeat(PART)}`);
      begun.push(client);
    }
    for (const client of begun) end(client);
    const beganMs = performance.now();
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const other = await openRaw(server.plane.http, address);
      clients.push(other);
      other.write(post(`beside ${address}`, 'Connection: close\r\n'));
      expect(statuses(responsesIn(await other.rest()))).toEqual([201]);
    }
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    while (server.plane.ports.overload.running > 0) await pause(5);
  });
});

describe('a header that may come once', () => {
  it.each([
    ['Authorization', 'Authorization: Bearer kupe_other\r\n'],
    ['Host', 'Host: b\r\n'],
    ['Content-Type', 'Content-Type: application/json\r\n'],
    ['Content-Length', 'Content-Length: 3\r\n'],
    ['Idempotency-Key', 'Idempotency-Key: a\r\nIdempotency-Key: a\r\n'],
    ['Transfer-Encoding', 'Transfer-Encoding: chunked\r\n'],
  ])('%s: twice is 400 that names it, and closes the connection', async (name, again) => {
    const responses = await exchange(post('twice', again) + get(KEYS));
    expect([statuses(responses), await keysNamed('twice')]).toEqual([[400], 0]);
    expect(responses[0]?.body).toContain(name);
  });

  it('If-Match is a list: two are combined', async () => {
    const path = '/api/v1/tenants/demo';
    const tag = (await server.send({ method: 'GET', path })).headers.etag;
    const body = JSON.stringify({ enforceLogLimit: true });
    const patch = (tags: string) => `${head('PATCH', path, tags)}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(statuses(await exchange(patch(`If-Match: "0.0"\r\nIf-Match: ${tag}\r\n`)))).toEqual([200]);
    expect(statuses(await exchange(patch('If-Match: "0.0"\r\nIf-Match: "1.1"\r\n')))).toEqual([412]);
  });

  it.each(['gzip, chunked', 'chunked, chunked', 'identity', 'gzip'])('Transfer-Encoding: %s is 400', async (coding) => {
    const body = JSON.stringify({ displayName: 'coded', role: 'readonly' });
    const text = `Transfer-Encoding: ${coding}\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    for (const start of [head('POST', KEYS), head('GET', '/healthz'), head('GET', '/openapi.json')]) {
      const [response] = await exchange(start + text);
      expect([response?.status, response?.body]).toEqual([400, expect.stringContaining('Transfer-Encoding')]);
    }
    expect(await keysNamed('coded')).toBe(0);
  });
});

describe('Expect: 100-continue', () => {
  const BODY = JSON.stringify({ displayName: 'expected', role: 'readonly' });
  const ask = (headers: string, key = server.adminKey) =>
    `POST ${KEYS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n${headers}Expect: 100-continue\r\n\r\n`;

  it('is answered when the body is wanted', async () => {
    const client = await open();
    client.write(ask(`Content-Length: ${BODY.length}\r\n`));
    expect(await client.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.write(BODY);
    expect(await client.until(/201/)).toContain('HTTP/1.1 201 Created');
  });

  it.each([
    ['nobody', 401, () => ask('Content-Length: 10\r\n', 'kupe_x')],
    ['a body that is too large', 413, () => ask('Content-Length: 2000000\r\n')],
    ['a coded body', 415, () => ask('Content-Length: 10\r\nContent-Encoding: gzip\r\n')],
    ['an expectation that is not met', 400, () => ask('Content-Length: 10\r\nExpect: more\r\n')],
  ])('gets the final status instead: %s', async (_what, status, text) => {
    const client = await open();
    client.write(text());
    expect((await client.until(/HTTP/)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  });

  it('gets the final status instead when the address is over its limit', async () => {
    const limited = await startInProcess({ OPENKUPE_RATE_LIMIT_BURST: '1', OPENKUPE_RATE_LIMIT_PER_SECOND: '0.01' });
    await limited.plane.http.listen({ host: '127.0.0.1', port: 0 });
    await limited.send({ method: 'GET', path: KEYS });
    const client = await openRaw(limited.plane.http);
    client.write(ask('Content-Length: 10\r\n', limited.adminKey));
    expect((await client.until(/HTTP/)).slice(0, 12)).toBe('HTTP/1.1 429');
    client.socket.destroy();
    limited.plane.http.server.closeAllConnections();
    await limited.stop();
  });
});

describe('HEAD', () => {
  it.each([
    ['200', () => head('HEAD', KEYS, '\r\n'), 200],
    ['401', () => `HEAD ${KEYS} HTTP/1.1\r\nHost: a\r\n\r\n`, 401],
    ['404 of a path', () => head('HEAD', '/nowhere', '\r\n'), 404],
    ['404 of a thing', () => head('HEAD', '/api/v1/tenants/demo/clusters/none', '\r\n'), 404],
    ['400 of a path', () => head('HEAD', '/api/v1/%zz', '\r\n'), 400],
    ['400 of a message', () => head('HEAD', KEYS, 'Host: b\r\n\r\n'), 400],
    ['400 of the parser', () => head('HEAD', KEYS, 'no header\r\n\r\n'), 400],
    ['431 of the parser', () => head('HEAD', KEYS, `${OVERSIZED}\r\n`), 431],
    ['413', () => head('HEAD', KEYS, 'Content-Length: 5\r\n\r\nxxxxx'), 200],
  ])('has no body: %s', async (_what, text, status) => {
    const responses = await exchange(text(), { methods: ['HEAD'] });
    expect([statuses(responses), responses[0]?.body]).toEqual([[status], '']);
  });
});

describe('a HEAD that comes in several packets', () => {
  const refusedAfter = async (...packets: readonly string[]) => {
    const client = await open();
    for (const packet of packets) {
      client.write(packet);
      await pause(30);
    }
    const [received] = (await client.rest()).split(/(?=HTTP\/1\.1 \d)/).slice(-1);
    return received?.split('\r\n\r\n') ?? [];
  };
  it.each([
    ['in its headers', ['HEAD / HTTP/1.1\r\nHost: a\r\n', 'no header\r\n\r\n']],
    ['in its method', ['HE', 'AD / HTTP/1.1\r\n', 'no header\r\n\r\n']],
    ['behind an answered request', ['GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', '\r\nHEAD / HTTP/1.1\r\n', 'no header\r\n\r\n']],
    ['behind a body', ['POST', 'HEAD / HTTP/1.1\r\n', 'no header\r\n\r\n']],
  ])('and is refused by the parser has no body: broken %s', async (_where, packets) => {
    const [start = '', end] = [post('behind').slice(0, -5), post('behind').slice(-5)];
    const [head, body] = await refusedAfter(...packets.flatMap((packet) => (packet === 'POST' ? [start, end] : [packet])));
    expect([head?.slice(0, 12), body]).toEqual(['HTTP/1.1 400', '']);
  });

  it.each([
    ['of another method', ['GET / HTTP/1.1\r\nX: HEAD \r\n', 'HEAD / no header\r\n\r\n']],
    ['behind an answered HEAD', ['HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HTTP/1.1\r\n', 'no header\r\n\r\n']],
  ])('what is refused %s keeps its body', async (_what, packets) => {
    expect((await refusedAfter(...packets))[1]).toContain(INVALID);
  });
});

it('a connection that waits for its next request is closed after the time that is set', async () => {
  const client = await open();
  const beganMs = performance.now();
  client.write(get(KEYS));
  expect(statuses(responsesIn(await client.rest()))).toEqual([200]);
  expect(performance.now() - beganMs).toBeLessThan(10_000);
});

it.each(['/healthz', '/readyz', '/openapi.json'])('%s: another method is 405 with the ones that are', async (path) => {
  const received = await server.send({ method: 'POST', path });
  expect([received.status, received.headers.allow]).toEqual([405, 'HEAD, GET']);
});

it('a coded body is 415, which names the coding and the one that is understood', async () => {
  for (const coding of ['gzip', 'GZIP', 'identity, br', 'deflate, gzip']) {
    const received = await server.send({
      method: 'POST',
      path: KEYS,
      body: { displayName: 'x', role: 'readonly' },
      headers: { 'content-encoding': coding },
    });
    expect([received.status, received.headers['accept-encoding']]).toEqual([415, 'identity']);
    expect(received.json.error).toContain(coding.split(', ').find((one) => one !== 'identity'));
  }
  const plain = await server.send({
    method: 'POST',
    path: KEYS,
    body: { displayName: 'x', role: 'readonly' },
    headers: { 'content-encoding': 'identity' },
  });
  expect(plain.status).toBe(201);
});
