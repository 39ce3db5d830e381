import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as sdk from './index.ts';
import { docstringExamples, readmeExamples } from './testing/documented-examples.ts';
import { cluster } from './testing/try-client.ts';

let server: http.Server;
let host: string;
let asked: string[] = [];

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { method, url = '', headers } = request;
  asked.push(`${method} ${headers['if-match'] ?? ''}`.trim());
  if (url.endsWith('/missing')) return void response.writeHead(404).end(JSON.stringify({ error: 'Cluster "missing" does not exist' }));
  if (url.includes('/events')) {
    const event = { revision: 1, at: '2026-01-01T00:00:00Z', kind: 'cluster', name: 'one', type: 'created', message: 'made' };
    return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(event)}\nid: 1\n\n`);
  }
  const name = /clusters\/([^/]+)/.exec(url)?.[1] ?? 'production';
  response.writeHead(method === 'POST' ? 201 : 200, { ETag: '"10.1"' });
  const isList = /\/(clusters|plans|audit)(\?|$)/.test(url) && method === 'GET';
  response.end(JSON.stringify(isList ? { items: [] } : cluster(name, { version: method === 'PATCH' ? '1.32' : '1.31' })));
}

beforeAll(async () => {
  server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs an example as its reader would, except for where the server is and which key it takes. Returns what it printed. */
async function run(code: string): Promise<unknown[]> {
  const body = code
    .replace(/import \{([^}]+)\} from '@openkupe\/sdk';/, 'const {$1} = sdk;')
    .replaceAll(/https:\/\/api\.kupe\.cloud|http:\/\/127\.0\.0\.1:8080/g, host);
  const client = sdk.createClient({ host, tenant: 'acme', apiKey: 'kupe_test' });
  const printed: unknown[] = [];
  const process = { env: { KUPE_API_KEY: 'kupe_test' } };
  const scope = { ...sdk, sdk, client, process, console: { log: (...parts: unknown[]) => printed.push(...parts) } };
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...given: unknown[]) => Promise<void>;
  asked = [];
  await new AsyncFunction(...Object.keys(scope), `{ ${body} }`)(...Object.values(scope));
  client.close();
  return printed;
}

const [first, second, workspace, ...more] = readmeExamples();
const docstrings = docstringExamples();

describe('the examples of the READMEs', () => {
  test('the first creates, waits, updates, and says how it went', async () => {
    const printed = await run(first?.code ?? '');
    expect(asked).toEqual(['POST', 'GET', 'GET', 'PATCH "10.1"']);
    expect(printed).toEqual([expect.stringContaining('Succeeded after 2 attempts')]);
  });

  test('the second shows the options and what comes of them', async () => {
    expect(await run(second?.code ?? '')).toEqual(['attempt']);
    expect(asked).toEqual(['GET']);
  });

  test('the one of the repository creates, waits and updates', async () => {
    await run(workspace?.code ?? '');
    expect(asked).toEqual(['POST', 'GET', 'GET', 'PATCH "10.1"']);
  });

  test('are these three', () => {
    expect(more).toEqual([]);
  });
});

describe('the examples of the docstrings', () => {
  test.each(docstrings.map(({ place, code }) => [place, code]))('%s asks the server', async (_, code) => {
    await run(code);
    expect(asked).not.toEqual([]);
  });

  test('show every public function', () => {
    const functions = Object.entries(sdk).filter(([, value]) => typeof value === 'function' && !/^class/.test(String(value)));
    const shown = docstrings.map(({ code }) => code).join('\n');
    expect(functions.map(([name]) => name).filter((name) => !shown.includes(`${name}(`))).toEqual([]);
  });
});
