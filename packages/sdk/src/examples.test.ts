import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sdk from './index.ts';
import { cluster } from './testing/try-client.ts';

const README = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
const examples = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

let server: http.Server;
let host: string;
const asked: string[] = [];

beforeAll(async () => {
  server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.headers['if-match'] ?? ''}`.trim());
    const isList = request.url?.endsWith('/clusters') && request.method === 'GET';
    const version = request.method === 'PATCH' ? '1.32' : '1.31';
    response.writeHead(request.method === 'POST' ? 201 : 200, { ETag: '"10.1"' });
    response.end(JSON.stringify(isList ? { items: [] } : cluster('production', { version })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each(examples.map((code, index) => [index + 1, code] as const))('example %i of the README runs', async (_, code) => {
  const body = code
    .replace(/import \{([^}]+)\} from '@openkupe\/sdk';/, 'const {$1} = sdk;')
    .replaceAll('https://api.kupe.cloud', host)
    .replaceAll('process.env.KUPE_API_KEY', '"kupe_test"');
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...given: unknown[]) => Promise<void>;
  const printed: unknown[] = [];
  await new AsyncFunction('sdk', 'console', body)(sdk, { log: (...parts: unknown[]) => printed.push(...parts) });
  expect(printed.length).toBeGreaterThan(0);
});

test('the first example did what it says', () => {
  expect(examples).toHaveLength(2);
  expect(asked.slice(0, 4)).toEqual(['POST', 'GET', 'GET', 'PATCH "10.1"']);
});
