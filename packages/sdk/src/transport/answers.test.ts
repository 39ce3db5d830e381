import net, { type AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, createFetchTransport, createTransport, KupeError, type Transport } from '../index.ts';

/** What the server writes to each request in turn, byte for byte; it closes the connection after one that says so. */
let script: (string | Buffer)[] = [];
let requests: string[] = [];
let server: net.Server;
let host: string;

const CLUSTER = JSON.stringify({ name: 'prod', version: '1.31', resourceVersion: '7', status: { phase: 'Running' } });
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const sized = (body: string | Buffer, headers = '', head = HEAD) =>
  Buffer.concat([Buffer.from(`${head}${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body)]);
const CLOSE = 'Connection: close\r\n';

beforeAll(async () => {
  server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const text = String(data);
      if (!/^[A-Z]+ \//.test(text)) return;
      requests.push(text);
      const answer = script.shift() ?? sized('{"error":"the script is over"}', '', 'HTTP/1.1 400 Bad Request\r\n');
      socket.write(answer);
      if (String(answer).slice(0, 2_000).includes(CLOSE)) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe.each<[string, () => Transport]>([
  ['node-http', createTransport],
  ['fetch', createFetchTransport],
])('over %s', (name, create) => {
  const client = () => createClient({ host, tenant: 'acme', apiKey: `kupe_${name}`, transport: create() });
  const get = async (...answers: (string | Buffer)[]) => {
    script = answers;
    requests = [];
    const own = client();
    try {
      return await own.clusters.get('prod');
    } finally {
      own.close();
    }
  };
  const failure = async (...answers: (string | Buffer)[]): Promise<KupeError> => {
    const error: unknown = await get(...answers).catch((caught) => caught);
    if (!(error instanceof KupeError)) throw error;
    return error;
  };

  test.each([
    ['gzip', zlib.gzipSync(CLUSTER)],
    ['deflate', zlib.deflateSync(CLUSTER)],
    ['br', zlib.brotliCompressSync(CLUSTER)],
  ])('an answer in %s is decoded, and was asked for', async (coding, body) => {
    expect((await get(sized(body, `Content-Encoding: ${coding}\r\n`))).value.name).toBe('prod');
    expect(requests[0]).toMatch(/accept-encoding: gzip, deflate(, br)?\r\n/i);
  });

  test('an answer that grows beyond the limit when it is decoded is not held', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024, 32));
    const error = await failure(sized(bomb, 'Content-Encoding: gzip\r\n'));
    expect(error).toMatchObject({ name: 'DecodeError', message: /longer than 10485760 bytes/ });
    expect(requests).toHaveLength(1);
  });

  test('a byte order mark is no part of an answer', async () => {
    expect((await get(sized(`\ufeff${CLUSTER}`))).value.name).toBe('prod');
  });

  test('of two Retry-After the longer one is waited for', async () => {
    const limited = sized('{"error":"slow"}', 'Retry-After: 1\r\nRetry-After: 2\r\n', 'HTTP/1.1 429 Too Many Requests\r\n');
    const { attempts } = await get(limited, sized(CLUSTER));
    expect(attempts[0]?.waitMs).toBeGreaterThanOrEqual(2_000);
  });

  test('an ETag that came twice is one, and of two that differ there is none', async () => {
    expect((await get(sized(CLUSTER, 'ETag: "1"\r\nETag: "1"\r\n'))).etag).toBe('"1"');
    expect((await get(sized(CLUSTER, 'ETag: "1"\r\nETag: "2"\r\n'))).etag).toBe('"7"');
    expect((await get(sized(CLUSTER, 'ETag: W/"a,b"\r\n'))).etag).toBe('W/"a,b"');
  });

  test('408 is repeated, a POST as well: the request did not arrive', async () => {
    const late = sized('', CLOSE, 'HTTP/1.1 408 Request Timeout\r\n');
    expect((await get(late, sized(CLUSTER))).attempts.map(({ status }) => status)).toEqual([408, 200]);
    script = [late, sized(CLUSTER, '', HEAD.replace('200 OK', '201 Created'))];
    expect((await client().clusters.create({ name: 'prod' })).attempts.map(({ status }) => status)).toEqual([408, 201]);
  });

  test.each([
    ['its end is the end of the connection', `${HEAD}${CLOSE}\r\n${CLUSTER.slice(0, 40)}`],
    ['not a byte of it came', `${HEAD}${CLOSE}\r\n`],
    [
      'its end is the end of the connection and it is encoded',
      Buffer.concat([Buffer.from(`${HEAD}${CLOSE}Content-Encoding: gzip\r\n\r\n`), zlib.gzipSync(CLUSTER).subarray(0, 30)]),
    ],
    ['it is shorter than it says', `${HEAD}${CLOSE}Content-Length: 500\r\n\r\n${CLUSTER}`],
    ['a chunk is missing', `${HEAD}${CLOSE}Transfer-Encoding: chunked\r\n\r\n10\r\n${CLUSTER.slice(0, 16)}\r\n`],
  ])('an answer that was cut where %s is none, and asked for again', async (_, cut) => {
    expect((await get(cut, sized(CLUSTER))).attempts.map(({ outcome }) => outcome)).toEqual(['no-answer', 'succeeded']);
  });

  test.each([
    ['an answer that ends with its connection', `${HEAD}${CLOSE}\r\n${CLUSTER}`],
    ['early hints before it', `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${sized(CLUSTER)}`],
    ['trailers after it', `${HEAD}Transfer-Encoding: chunked\r\n\r\n${CLUSTER.length.toString(16)}\r\n${CLUSTER}\r\n0\r\nX-Sum: 1\r\n\r\n`],
  ])('%s is read', async (_, answer) => {
    expect((await get(answer)).value.name).toBe('prod');
  });

  test('a page of something else is named with its type and the address that it came from', async () => {
    const page = sized('<html>Sign in</html>', '', 'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n');
    expect((await failure(page)).message).toBe(
      `The server at ${host} answered 200 with text/html, and that is not of this API; check the host`,
    );
  });
});

describe('over node-http alone', () => {
  const ask = (answer: string | Buffer) => {
    script = [answer];
    const transport = createTransport();
    const { signal } = new AbortController();
    return transport.send({ method: 'GET', url: `${host}/`, headers: {}, isRepeatable: true, signal }).finally(() => transport.close?.());
  };

  test('raw deflate and several codings are decoded', async () => {
    expect((await ask(sized(zlib.deflateRawSync('{"a":1}'), 'Content-Encoding: deflate\r\n'))).text).toBe('{"a":1}');
    const twice = zlib.brotliCompressSync(zlib.gzipSync('{"a":1}'));
    expect((await ask(sized(twice, 'Content-Encoding: gzip, BR\r\n'))).text).toBe('{"a":1}');
    expect((await ask(sized('', 'Content-Encoding: gzip\r\n'))).text).toBe('');
  });

  test('a coding that is spaces costs no time', async () => {
    const before = process.cpuUsage().user;
    await expect(ask(sized('{}', `Content-Encoding: gzip${' '.repeat(60_000)}x\r\n`))).rejects.toMatchObject({ kind: 'unreadable' });
    expect(process.cpuUsage().user - before).toBeLessThan(500_000);
  });

  test('a coding that is not known, or not what it says, is an error that says so', async () => {
    await expect(ask(sized('x', 'Content-Encoding: zstd\r\n'))).rejects.toMatchObject({ kind: 'unreadable', message: /encoded as "zstd"/ });
    await expect(ask(sized('{}', 'Content-Encoding: br, br, br, br\r\n'))).rejects.toMatchObject({
      kind: 'unreadable',
      message: /4 times/,
    });
    await expect(ask(sized('x', 'Content-Encoding: gzip\r\n'))).rejects.toMatchObject({ kind: 'unreadable', message: /not the gzip/ });
  });

  test('headers of up to 64 KiB are read, and longer ones are an error that says so', async () => {
    const padded = (bytes: number) => sized('{}', `X-Pad: ${'x'.repeat(bytes)}\r\n`);
    expect((await ask(padded(60_000))).status).toBe(200);
    await expect(ask(padded(70_000))).rejects.toMatchObject({
      kind: 'unreadable',
      message: /headers of the answer are longer than 65536 bytes/,
    });
  });

  test('what does not speak HTTP is an error that says so', async () => {
    await expect(ask('SSH-2.0-OpenSSH_9.6\r\n')).rejects.toMatchObject({ kind: 'unreadable', message: /does not speak HTTP/ });
  });

  test('a change to another protocol is an error at once', async () => {
    await expect(ask('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')).rejects.toMatchObject({
      kind: 'unreadable',
      message: /another protocol \(101\)/,
    });
  });
});
