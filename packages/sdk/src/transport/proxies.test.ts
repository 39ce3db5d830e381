import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { issueCertificate } from '../testing/issue-certificate.ts';
import { createTransport as createWebTransport } from './choose-web.ts';
import { createNodeTransport } from './node-http.ts';
import type { TransportOptions } from './transport-options.ts';

const servers: http.Server[] = [];
let certificates: { ca: string; cert: string; key: string };
let plainOrigin: string;
let secureOrigin: string;
let proxy: { plain: string; secure: string };
/** What the proxies were asked, as `CONNECT 127.0.0.1:1` or `GET http://…`, with the credentials. */
let asked: string[] = [];
let tunnels = 0;
/** What a proxy answers instead of passing on. */
let refusal: number | undefined;

async function listen(server: http.Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A proxy as small as it can be: passes on absolute-form requests and tunnels. */
function asProxy(server: http.Server): http.Server {
  const note = ({ method, url, headers }: http.IncomingMessage) => {
    asked.push(`${method} ${url} ${headers['proxy-authorization'] ?? '-'}`);
  };
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    note(request);
    if (refusal) return response.writeHead(refusal).end();
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = http.request(request.url ?? '', { method: request.method ?? '', headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request: http.IncomingMessage, socket: Duplex) => {
    note(request);
    tunnels += 1;
    socket.on('error', () => {});
    socket.on('close', () => {
      tunnels -= 1;
    });
    if (refusal) return socket.resume().end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 2\r\n\r\nno`);
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = net.connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => {});
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  return server;
}

beforeAll(async () => {
  certificates = await issueCertificate();
  const answer: http.RequestListener = async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    response.end(JSON.stringify({ line: `${request.method} ${request.url}`, body, headers: request.headers }));
  };
  plainOrigin = `http://127.0.0.1:${await listen(http.createServer(answer))}`;
  secureOrigin = `https://127.0.0.1:${await listen(https.createServer(certificates, answer))}`;
  proxy = {
    plain: `127.0.0.1:${await listen(asProxy(http.createServer()))}`,
    secure: `127.0.0.1:${await listen(asProxy(https.createServer(certificates)))}`,
  };
});
beforeEach(() => {
  asked = [];
  refusal = undefined;
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

function ask(options: TransportOptions, url: string, changes: { method?: 'POST'; body?: string; signal?: AbortSignal } = {}) {
  const transport = createNodeTransport(options);
  const { signal = new AbortController().signal, ...rest } = changes;
  const request = {
    method: 'GET',
    url,
    headers: { authorization: 'Bearer kupe_k' },
    isRepeatable: rest.method === undefined,
    signal,
  } as const;
  return transport.send({ ...request, ...rest }).finally(() => transport.close?.());
}

describe.each(['plain', 'secure'] as const)('a %s proxy', (kind) => {
  const address = (credentials = '') => `${kind === 'plain' ? 'http' : 'https'}://${credentials}${proxy[kind]}`;
  const options = (credentials?: string): TransportOptions => ({ proxy: address(credentials), ca: certificates.ca });

  test('tunnels what goes to https, and sees neither path nor key', async () => {
    const { text } = await ask(options('kim:p%40ss@'), `${secureOrigin}/secret?x=1`, { method: 'POST', body: '{}' });
    expect(JSON.parse(text)).toMatchObject({ line: 'POST /secret?x=1', body: '{}', headers: { authorization: 'Bearer kupe_k' } });
    expect(JSON.parse(text).headers).not.toHaveProperty('proxy-authorization');
    expect(asked).toEqual([`CONNECT ${new URL(secureOrigin).host} Basic ${Buffer.from('kim:p@ss').toString('base64')}`]);
  });

  test('is asked in absolute-form for what goes to http, with the host of the server', async () => {
    const { text } = await ask(options('kim:secret@'), `${plainOrigin}/a?b=c`, { method: 'POST', body: '{}' });
    expect(JSON.parse(text)).toMatchObject({ line: 'POST /a?b=c', body: '{}', headers: { host: new URL(plainOrigin).host } });
    expect(asked).toEqual([`POST ${plainOrigin}/a?b=c Basic ${Buffer.from('kim:secret').toString('base64')}`]);
  });

  test.each([
    [407, `The proxy at %s asks for credentials (407); give a user and a password that it knows in its URL`],
    [401, `The proxy at %s asks for credentials (401); give a user and a password that it knows in its URL`],
    [403, `The proxy at %s answered 403 instead of connecting to the server; check that it may reach it`],
  ])('that answers %i is named without its password, and nothing was sent', async (status, message) => {
    refusal = status;
    const error: Error = await ask(options('kim:secret@'), secureOrigin).catch((caught) => caught);
    expect(error).toMatchObject({ kind: 'cannot-connect', message: message.replace('%s', address()) });
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toMatch(/secret|kim|Basic/);
  });

  test('that asks for credentials is distinguished from a server that answers', async () => {
    refusal = 407;
    await expect(ask(options(), plainOrigin)).rejects.toMatchObject({ kind: 'cannot-connect', message: /asks for credentials \(407\)/ });
  });
});

test('a tunnel is kept and used again', async () => {
  const transport = createNodeTransport({ proxy: proxy.plain, ca: certificates.ca });
  const { signal } = new AbortController();
  for (let count = 0; count < 3; count++)
    await transport.send({ method: 'GET', url: secureOrigin, headers: {}, isRepeatable: true, signal });
  expect(asked).toHaveLength(1);
  transport.close?.();
  await vi.waitFor(() => expect(tunnels).toBe(0));
});

test('a tunnel that never opens ends with the signal, and leaves no connection', async () => {
  let open = 0;
  const silent = net.createServer((socket) => {
    open += 1;
    socket.resume().on('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const controller = new AbortController();
  const through = { proxy: `127.0.0.1:${(silent.address() as AddressInfo).port}` };
  const work = ask(through, secureOrigin, { signal: controller.signal });
  await vi.waitFor(() => expect(open).toBe(1));
  controller.abort();
  await expect(work).rejects.toMatchObject({ kind: 'unreachable' });
  await vi.waitFor(() => expect(open).toBe(0));
  silent.close();
});

test('a proxy that is not there is named, and certain to have passed nothing on', async () => {
  const closed = http.createServer();
  const port = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  const gone = { proxy: `http://kim:secret@127.0.0.1:${port}` };
  const expected = { kind: 'unreachable', message: `The proxy at http://127.0.0.1:${port} could not be reached (ECONNREFUSED)` };
  await expect(ask(gone, plainOrigin)).rejects.toMatchObject(expected);
  await expect(ask(gone, secureOrigin)).rejects.toMatchObject(expected);
});

test('the server behind a tunnel has to prove its name: without the CA it is not trusted', async () => {
  await expect(ask({ proxy: proxy.plain }, secureOrigin)).rejects.toMatchObject({
    kind: 'cannot-connect',
    message: /certificate that is not trusted/,
  });
});

describe('options', () => {
  test.each(['socks5://127.0.0.1:1080', 'http://kim:secret@', 'ftp://kim:secret@proxy'])(
    'the proxy %s is refused without its password',
    (value) => {
      expect(() => createNodeTransport({ proxy: value })).toThrow(
        new TypeError('The proxy is not the URL of an HTTP proxy; give one like http://proxy.example:3128'),
      );
    },
  );

  test.each(['', '/etc/ssl/ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])('the CA %j is refused', (ca) => {
    expect(() => createNodeTransport({ ca })).toThrow(/^The CA cannot be read \(.*\); give PEM text/);
  });

  test('a CA is trusted instead of those that the runtime trusts', async () => {
    expect((await ask({ ca: certificates.ca }, secureOrigin)).status).toBe(200);
    const { ca } = await issueCertificate();
    await expect(ask({ ca }, secureOrigin)).rejects.toMatchObject({ message: /certificate that is not trusted/ });
  });

  test.each([{ proxy: 'http://127.0.0.1:1' }, { ca: 'x' }])('outside of Node, %o is refused rather than forgotten', (given) => {
    expect(() => createWebTransport(given)).toThrow(TypeError);
    expect(createWebTransport().name).toBe('fetch');
  });
});
