import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueCertificate } from '../testing/issue-certificate.ts';
import { createFetchTransport } from './fetch.ts';
import { createNodeTransport } from './node-http.ts';
import type { Transport } from './transport.ts';

let folder: string;
let server: https.Server;
let port: number;
let connections = 0;
let requests = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-sdk-'));
  const { ca, cert, key } = await issueCertificate();
  writeFileSync(join(folder, 'ca.pem'), ca);
  server = https.createServer({ cert, key }, (_, response) => {
    requests += 1;
    response.end('{}');
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (transport: Transport, url: string) =>
  transport.send({ method: 'GET', url, headers: {}, isRepeatable: true, signal: new AbortController().signal });

describe.each([
  ['node-http', createNodeTransport],
  ['fetch', createFetchTransport],
])('%s', (name, create) => {
  test('a certificate that is not trusted is an error that says so, and nothing is sent', async () => {
    const before = requests;
    await expect(ask(create(), `https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      kind: 'cannot-connect',
      message: `The server at https://127.0.0.1:${port} has a certificate that is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE); check the host, or trust its CA (NODE_EXTRA_CA_CERTS, the option ca, --ca-file of the CLI)`,
    });
    expect(requests).toBe(before);
  });

  test('a CA named in NODE_EXTRA_CA_CERTS is trusted, for the names in the certificate', async () => {
    const program = `
import { ${create.name} } from ${JSON.stringify(new URL(`./${name}.ts`, import.meta.url))};
const transport = ${create.name}();
const ask = (host) => {
  const { signal } = new AbortController();
  return transport.send({ method: 'GET', url: 'https://' + host + ':${port}/', headers: {}, isRepeatable: true, signal });
};
for (let count = 0; count < 3; count++) console.log((await ask('127.0.0.1')).status);
console.log(await ask('localhost').catch(({ kind, message }) => kind + ' ' + message));
transport.close?.();
`;
    const before = connections;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    });
    expect(stdout).toMatch(
      /^200\n200\n200\ncannot-connect The server at \S+ has a certificate that is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\); check the host/,
    );
    expect(connections - before).toBeLessThanOrEqual(2);
  });
});
