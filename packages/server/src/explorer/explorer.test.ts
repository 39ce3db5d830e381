import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { chromium } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

const browserPath = programOnPath('chromium', 'chromium-browser', 'google-chrome');

describe.skipIf(!browserPath)('the explorer in a browser (needs chromium on the PATH)', () => {
  let server: InProcess;
  let origin: string;
  beforeEach(async () => {
    server = await startInProcess();
    origin = await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.stop());

  it('shows the operations, sends a request, and talks to this server only under its strict policy', async () => {
    const browser = await chromium.launch({
      executablePath: browserPath ?? '',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    try {
      const page = await browser.newPage();
      const elsewhere: string[] = [];
      const complaints: string[] = [];
      await page.route('**/*', (route) => {
        const url = route.request().url();
        if (url.startsWith(origin) || url.startsWith('data:') || url.startsWith('blob:')) return route.continue();
        elsewhere.push(url);
        return route.abort();
      });
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      const response = await page.goto(`${origin}/docs`);
      expect(response?.headers()['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      await page.getByText('/api/v1/plans', { exact: true }).first().click();
      await page.getByText('List the plans, cheapest first.').first().waitFor();
      const answered = page.waitForResponse(`${origin}/api/v1/plans`);
      await page
        .getByRole('button', { name: /execute|try|send/i })
        .first()
        .click();
      expect((await answered).status()).toBe(200);
      expect(elsewhere).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
