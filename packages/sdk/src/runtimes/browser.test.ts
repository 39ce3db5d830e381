import { copyFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installBuiltPackage } from '../testing/built-package.ts';
import { expectTroublesMet, type Report } from '../testing/troubles-met.ts';
import { startTroublesomeServer, type TroublesomeServer } from '../testing/troublesome-server.ts';

const browserPath = programOnPath('chromium', 'chromium-browser', 'google-chrome');
const PROGRAM = fileURLToPath(new URL('./meet-troubles.mjs', import.meta.url));
const QUIET = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** What runs in the page and, when it is loaded as a worker, there. */
const ENTRY = `import { meetTroubles } from './meet-troubles.mjs';
if (globalThis.document) globalThis.meetTroubles = meetTroubles;
else globalThis.onmessage = async ({ data }) => postMessage(await meetTroubles(data));
`;

/** Where a page is served that has nothing but the program, bundled as bundlers do it for the web. */
async function startPageServer(folder: string): Promise<http.Server> {
  copyFileSync(PROGRAM, join(folder, 'meet-troubles.mjs'));
  const stdin = { contents: ENTRY, resolveDir: folder };
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', platform: 'browser', write: false });
  const script = outputFiles[0]?.text ?? '';
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/program.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/program.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe.skipIf(!browserPath)('the package in a browser (needs chromium on the PATH)', () => {
  let folder: string;
  let pages: http.Server;
  let browser: Browser;
  let origin: string;
  let open: TroublesomeServer;
  let hiding: TroublesomeServer;

  beforeAll(async () => {
    ({ folder } = await installBuiltPackage());
    pages = await startPageServer(folder);
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    open = await startTroublesomeServer({ exposed: 'Retry-After, ETag, X-Request-Id' });
    hiding = await startTroublesomeServer();
    browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox', ...QUIET] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await Promise.all([open.stop(), hiding.stop(), new Promise((resolve) => pages.close(resolve))]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the program in a page of its own, which must not complain of anything but the refusals it is there to meet. */
  async function run(given: { host: string; run: string }, start: (page: Page, given: object) => Promise<unknown>): Promise<Report> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(origin);
    const report = (await start(page, { ...given, deadHost: 'http://127.0.0.1:9' })) as Report;
    expect(complaints).toEqual([]);
    await page.close();
    return report;
  }

  const inPage = (page: Page, given: object) =>
    page.evaluate(
      async (options) => (globalThis as unknown as { meetTroubles(from: object): Promise<unknown> }).meetTroubles(options),
      given,
    );
  const inWorker = (page: Page, given: object) =>
    page.evaluate(
      (options) =>
        new Promise((resolve, reject) => {
          const worker = new Worker('/program.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage(options);
        }),
      given,
    );

  let tries = 0;
  test.concurrent.each([
    ['a page', 'page', inPage],
    ['a worker', 'worker', inWorker],
  ])('%s meets every trouble', async (_, place, start) => {
    // NOTE: the server counts by name, and a test may be tried a second time.
    tries += 1;
    const name = `${place}${tries}`;
    const report = await run({ host: open.host, run: name }, start);
    expect(report.transport).toBe('fetch');
    await expectTroublesMet(report, { server: open, run: name, sendsPostsOnce: false });
    expect(report.dead.attempts).toMatchObject([{ outcome: 'no-answer' }]);
  });

  test.concurrent('headers that the server does not expose are done without: 5 s after a 429, and If-Match all the same', async () => {
    const report = await run({ host: hiding.host, run: 'hidden' }, inPage);
    expect(report.limited.attempts).toMatchObject([{ decision: 'retry-after-missing' }, { status: 200 }]);
    expect(report.limited.tookMs).toBeGreaterThanOrEqual(5_000);
    const writes = hiding.visits.filter(({ trouble, method }) => trouble === 'contested' && method === 'PATCH');
    expect(writes.map(({ headers }) => headers['if-match'])).toEqual(['"10"', '"11"']);
    expect(report.contested.version).toBe('1.32');
  });
});
