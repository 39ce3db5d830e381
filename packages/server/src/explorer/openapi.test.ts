import { ROUTES } from '@openkupe/contract';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('is a valid OpenAPI 3.1 document that lists every route', async () => {
  const { status, json } = await server.send({ method: 'GET', path: '/openapi.json', key: null });
  expect(status).toBe(200);
  expect(await new Validator().validate(json)).toEqual({ valid: true });
  const listed = Object.values(json.paths as Record<string, Record<string, { operationId: string }>>).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(listed.sort()).toEqual(ROUTES.map(({ id }) => id).sort());
});

it('refers only to schemas that it has', async () => {
  const { text, json } = await server.send({ method: 'GET', path: '/openapi.json', key: null });
  const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((found) => found[1]);
  expect(references.length).toBeGreaterThan(20);
  for (const name of references) expect(json.components.schemas).toHaveProperty(name ?? '');
});

it('says of every error that there is a fuller body, and what a 412 carries in it', async () => {
  const { json } = await server.send({ method: 'GET', path: '/openapi.json', key: null });
  const bodyOf = (path: string, status: number) => json.paths[path].patch.responses[status].content['application/problem+json'].schema;
  const one = '/api/v1/tenants/{tenant}';
  expect(bodyOf(`${one}/clusters/{name}`, 404)).toEqual({ $ref: '#/components/schemas/Problem' });
  expect(bodyOf(`${one}/members/{email}`, 412)).toEqual({ $ref: '#/components/schemas/Problem' });
  const { allOf } = bodyOf(`${one}/clusters/{name}`, 412);
  expect(allOf[0]).toEqual({ $ref: '#/components/schemas/Problem' });
  expect(allOf[1].properties.current).toMatchObject({ allOf: [{ $ref: '#/components/schemas/Cluster' }] });
  expect(allOf[1].properties.current.description).toContain('ETag');
});

it('is revalidated with its tag, and limited like everything else', async () => {
  const { headers } = await server.send({ method: 'GET', path: '/docs', key: null });
  const again = await server.send({ method: 'GET', path: '/docs', key: null, headers: { 'if-none-match': headers.etag ?? '' } });
  expect([again.status, again.text]).toEqual([304, '']);
  const refused = await server.sendWith(
    {
      addressLimit: {
        ...({} as typeof server.plane.ports.addressLimit),
        admit: () => ({ isAdmitted: false, limit: 'address', policy: 'address', retryAfterSeconds: 2, isReserved: false, headers: {} }),
      },
    },
    { method: 'GET', path: '/docs', key: null },
  );
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '2']);
});
