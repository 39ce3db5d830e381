import { STATUS_TABLE, TRANSPORT_STATUS_TABLE } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('serves a page about every status, which says whether to retry, without a credential', async () => {
  for (const { status, retry, remedy } of [...STATUS_TABLE, ...TRANSPORT_STATUS_TABLE]) {
    const received = await server.send({ method: 'GET', path: `/docs/errors/${status}`, key: null });
    expect(received.status).toBe(200);
    expect(received.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(received.headers['content-security-policy']).toContain("default-src 'none'");
    expect(received.text).toContain(`<strong>${retry ? 'Yes' : 'No'}:</strong> ${remedy}`);
  }
});

it('lists them at one address', async () => {
  const { text } = await server.send({ method: 'GET', path: '/docs/errors', key: null });
  for (const { status, meaning } of STATUS_TABLE)
    expect(text).toContain(`<a href="/docs/errors/${status}">${status}</a></td><td>${meaning}`);
});

it('names the page in each error', async () => {
  const refused = await server.send({ method: 'GET', path: '/api/v1/tenants/demo/clusters/nowhere' });
  expect([refused.status, refused.headers.link]).toEqual([404, '</docs/errors/404>; rel="help"']);
  const unauthenticated = await server.send({ method: 'GET', path: '/api/v1/tenants/demo', key: null });
  expect([unauthenticated.status, unauthenticated.headers.link]).toEqual([401, '</docs/errors/401>; rel="help"']);
});
