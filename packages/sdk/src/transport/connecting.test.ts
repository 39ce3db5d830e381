import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Client, type ConnectionError, createClient, createTransport, type KupeError } from '../index.ts';
import { issueCertificate } from '../testing/issue-certificate.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const end of opened.splice(0)) end();
});

async function listen(server: net.Server, backlog?: number): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', ...(backlog === undefined ? {} : { backlog }) }, resolve),
  );
  opened.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function clientOf(host: string, attemptTimeoutMs = 300): Client {
  return createClient({
    host,
    tenant: 'acme',
    apiKey: 'kupe_k',
    transport: createTransport(),
    policy: { attemptTimeoutMs, attempts: 2, firstDelayMs: 1 },
  });
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it has to fail'),
    (error: unknown) => error as KupeError,
  );

/** Takes connections at the kernel's door until it takes no more; nothing accepts them, because the process that listens is stopped. */
async function fullBacklog(): Promise<number> {
  const { spawn } = await import('node:child_process');
  const program = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  opened.push(() => child.kill('SIGKILL'));
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(Number(String(data)))));
  child.kill('SIGSTOP');
  for (let count = 0; count < 8; count++) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    opened.push(() => socket.destroy());
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return port;
}

describe('a connection that never opens was sent nothing, so that even a POST is tried again', () => {
  test.skipIf(process.platform !== 'linux')('where nothing accepts it', async () => {
    const origin = `http://127.0.0.1:${await fullBacklog()}`;
    const error = await failureOf(clientOf(origin).clusters.create({ name: 'prod' }));
    expect(error).toMatchObject({ name: 'TimeoutError', outcome: 'not-applied', retryable: true });
    expect(error.message).toBe(`There was no connection to the server at ${origin} in time`);
    expect(error.attempts.map(({ outcome, requestId }) => [outcome, requestId])).toEqual([
      ['unreachable', undefined],
      ['unreachable', undefined],
    ]);
  });

  test('where TLS never begins', async () => {
    const silent = net.createServer((socket) => {
      socket.on('error', () => {});
      opened.push(() => socket.destroy());
    });
    const origin = `https://127.0.0.1:${await listen(silent)}`;
    const error = await failureOf(clientOf(origin).clusters.create({ name: 'prod' }));
    expect(error).toMatchObject({
      outcome: 'not-applied',
      retryable: true,
      attempts: [{ outcome: 'unreachable' }, { outcome: 'unreachable' }],
    });
  });

  test('and at the deadline of the call as well', async () => {
    const origin = `https://127.0.0.1:${await listen(net.createServer((socket) => void opened.push(() => socket.destroy())))}`;
    const error = await failureOf(clientOf(origin, 60_000).clusters.create({ name: 'prod' }, { timeoutMs: 200 }));
    expect(error).toMatchObject({ outcome: 'not-applied', retryable: true, stopReason: 'deadline' });
  });
});

test('an answer that never comes is another matter: it may have been carried out', async () => {
  const origin = `http://127.0.0.1:${await listen(http.createServer(() => {}))}`;
  const error = await failureOf(clientOf(origin).clusters.create({ name: 'prod' }));
  expect(error).toMatchObject({ outcome: 'unknown' });
  expect(error.attempts[0]?.outcome).toBe('no-answer');
});

describe('what trying again cannot help is an error at once, with the address and what to do', () => {
  const errorOf = async (host: string): Promise<ConnectionError> => {
    const error = await failureOf(clientOf(host, 10_000).clusters.list());
    expect(error).toMatchObject({ name: 'ConnectionError', outcome: 'not-applied', retryable: false, requestId: undefined });
    expect(error.attempts).toHaveLength(1);
    return error;
  };

  test('a certificate that is not trusted', async () => {
    const origin = `https://127.0.0.1:${await listen(https.createServer(await issueCertificate()))}`;
    expect((await errorOf(origin)).message).toMatch(
      new RegExp(
        `^The server at ${origin} has a certificate that is not trusted \\(\\w+\\); check the host, or trust its CA \\(NODE_EXTRA_CA_CERTS, the option ca, --ca-file of the CLI\\)$`,
      ),
    );
  });

  test('https to a port that speaks plain http', async () => {
    const origin = `https://127.0.0.1:${await listen(http.createServer())}`;
    expect((await errorOf(origin)).message).toMatch(
      new RegExp(`^The server at ${origin} does not speak TLS .*give an http:// address if it is plain$`),
    );
  });

  test('a name that does not exist', async () => {
    expect((await errorOf('https://name.invalid')).message).toBe(
      'The server at https://name.invalid has a name that does not exist (ENOTFOUND); check its spelling',
    );
  });
});

test('a refused connection may pass: it is tried again, and named without an id that nothing received', async () => {
  const closed = net.createServer();
  const port = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  const error = await failureOf(clientOf(`http://127.0.0.1:${port}`).clusters.list());
  expect(error.message).toBe(`The server at http://127.0.0.1:${port} could not be reached (ECONNREFUSED)`);
  expect(error).toMatchObject({ retryable: true, requestId: undefined, attempts: [{ outcome: 'unreachable' }, {}] });
});
