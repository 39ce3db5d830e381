import { LIMITS, type Route } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { ROUTES_WITH_BODY, sampleRequest } from '../../testing/sample-requests.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the fields of the whole body are the caller's own business. */
const isFreeForm = ({ body }: Route) => (body as { additionalProperties?: unknown } | undefined)?.additionalProperties === true;

describe.each(ROUTES_WITH_BODY.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  const request = sampleRequest(route);
  const body = request.body as Record<string, unknown>;

  if (!isFreeForm(route)) {
    it('refuses an unknown field with 400 and names it', async () => {
      const received = await server.send({ ...request, body: { ...body, surprise: 1 } });
      expect([received.status, errorOf(received)]).toEqual([400, 'The request is not valid: unknown field "surprise"']);
    });
  }

  for (const [field, inner] of Object.entries(body).filter(([, value]) => isObject(value))) {
    it(`refuses an unknown field inside ${field}`, async () => {
      const received = await server.send({ ...request, body: { ...body, [field]: { ...(inner as object), surprise: 1 } } });
      expect([received.status, errorOf(received)]).toEqual([400, `The request is not valid: unknown field "${field}.surprise"`]);
    });
  }

  it.each([
    ['an empty body', ''],
    ['no JSON', '{"name":'],
    ['two values', '{} {}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['nesting without end', '['.repeat(100_000)],
    ['deep nesting', `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`],
  ])('refuses %s with 400', async (_what, text) => {
    const received = await server.send({ ...request, body: text });
    expect(received.status).toBe(400);
    expect(errorOf(received).length).toBeGreaterThan(10);
  });

  it('refuses a body that is too large with 413, and one that is declared as something else with 415', async () => {
    const mostBytes = route.mostBytes ?? LIMITS.bodyBytes;
    const large = await server.send({ ...request, body: JSON.stringify(body).padEnd(mostBytes + 1) });
    expect([large.status, errorOf(large)]).toEqual([413, `The request body is larger than ${mostBytes} bytes; send a smaller one`]);
    const largest = await server.send({ ...request, body: JSON.stringify(body).padEnd(mostBytes) });
    expect(largest.status).not.toBe(413);
    const xml = await server.send({ ...request, body: '<a/>', headers: { 'content-type': 'application/xml' } });
    expect(xml.status).toBe(415);
    expect(errorOf(xml)).toContain('send Content-Type: application/json');
  });
});
