import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, createTransport, type KupeError, NoAnswer } from '@openkupe/sdk';
import { expect, it } from 'vitest';
import { untilFirstContact } from './first-contact.ts';

async function freePort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const connect = (port: number) => {
  const transport = untilFirstContact(createTransport(), ({ message, cause }) => new NoAnswer('cannot-connect', message, cause));
  return createClient({ host: `http://127.0.0.1:${port}`, tenant: 'acme', apiKey: 'kupe_k', transport });
};

it('a server that is not there is given up within 3 s, with its address', async () => {
  const port = await freePort();
  const startedAt = performance.now();
  const error = await connect(port)
    .plans.list()
    .catch((caught: KupeError) => caught);
  expect(error).toMatchObject({
    name: 'ConnectionError',
    message: `The server at http://127.0.0.1:${port} could not be reached (ECONNREFUSED)`,
    requestId: undefined,
    outcome: 'not-applied',
  });
  expect((error as KupeError).attempts).toHaveLength(3);
  expect(performance.now() - startedAt).toBeLessThan(3_500);
});

it('a server that has answered is tried on, as after a restart', async () => {
  const port = await freePort();
  const server = http.createServer((_, response) => response.writeHead(200, { Connection: 'close' }).end('{"items":[]}'));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const client = connect(port);
  await client.plans.list();
  await new Promise((resolve) => server.close(resolve));
  const error = await client.plans.list().catch((caught: KupeError) => caught);
  expect(error).toMatchObject({ retryable: true, attempts: { length: 5 } });
});
