import { LIMITS, ROUTES, type Route } from '@openkupe/contract';
import { samplePath } from '../../packages/server/src/testing/sample-requests.ts';
import { FILLERS } from './bodies.ts';

/** One request to measure. */
export interface CostlyRequest {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent with a key that may only read. */
  readonly isReadonly?: boolean;
}

const EVERY_ROUTE: readonly Route[] = ROUTES;

/** The names of the fields that a body may have, and one of a list of integrations. */
function fieldsOf(route: Route): string[] {
  const { properties = {}, patternProperties } = (route.body ?? {}) as { properties?: object; patternProperties?: object };
  return [...Object.keys(properties), ...(patternProperties ? ['webhook_configs'] : [])];
}

/** Every filler as the whole body and in the place of every field of it, as long as the route lets a body be. */
function bodiesOf(route: Route): CostlyRequest[] {
  const mostBytes = route.mostBytes ?? LIMITS.bodyBytes;
  const request = (name: string, body: string): CostlyRequest => ({
    name: `${route.id}: ${name}`,
    method: route.method,
    path: samplePath(route),
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body,
  });
  return Object.entries(FILLERS).flatMap(([what, fill]) => [
    request(what, fill(mostBytes)),
    ...fieldsOf(route).map((field) => {
      const others = Object.entries(route.example ?? {}).filter(([name]) => name !== field);
      const before = `{${others.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`).join('')}"${field}":`;
      const room = mostBytes - before.length - 1;
      return request(`${what} as ${field}`, `${before}${fill(room)}}`);
    }),
  ]);
}

/** Alertmanager's own shapes, as large as they may be and almost or altogether valid. */
function alertmanagerBodies(): CostlyRequest[] {
  const put = (name: string, place: string, body: unknown): CostlyRequest => ({
    name: `alertmanager: ${name}`,
    method: 'PUT',
    path: `/api/v1/tenants/demo/alertmanager/${place}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const route = (at: number) => ({
    matchers: [`severity="s${at}"`, `team="${'t'.repeat(100)}"`],
    group_by: ['alertname'],
    group_wait: '30s',
  });
  const inner = (count: number) => Array.from({ length: count }, (_, at) => route(at));
  const chain = (depth: number): object => (depth === 0 ? route(0) : { ...route(depth), routes: [chain(depth - 1)] });
  const integration = (at: number) => ({
    api_url: `https://hooks.example.com/${at}`,
    text: 'x'.repeat(200),
    headers: { a: 'b', token: `${at}` },
  });
  const own = (first: number, value: string) =>
    Array.from({ length: 50 - first }, (_, at) => ({
      ...Object.fromEntries(Array.from({ length: 55 }, (_, field) => [`k${at + first}x${field}`, value])),
      channel: `#${at + first}`,
      text: `${value}${first}`,
    }));
  return [
    put('200 routes with 4 in each', 'routes', { items: Array.from({ length: 200 }, (_, at) => ({ ...route(at), routes: inner(4) })) }),
    put('200 routes, 29 deep', 'routes', { items: Array.from({ length: 30 }, () => chain(28)) }),
    put('200 routes with 90 matchers', 'routes', {
      items: Array.from({ length: 200 }, (_, at) => ({ ...route(at), matchers: Array(90).fill('a="b"') })),
    }),
    put(
      '20 lists of 50 integrations',
      'receivers/one',
      Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x${at}_configs`, Array.from({ length: 50 }, (_, n) => integration(n))])),
    ),
    put('a list of 50 integrations', 'receivers/one', { slack_configs: own(0, 'a') }),
    put('<secret> in all that is left of the list', 'receivers/one', { slack_configs: own(1, '<secret>') }),
    put('<secret> in a longer list', 'receivers/one', { slack_configs: [...own(1, '<secret>'), { text: 'b' }] }),
    put('a host of dots', 'receivers/one', { webhook_configs: [{ url: `https://a${'.'.repeat(200_000)}b/` }] }),
    put('an address of separators', 'receivers/one', { webhook_configs: [{ url: `https://example.com/${';x://'.repeat(40_000)}` }] }),
    put('a shown text of separators', 'receivers/one', {
      slack_configs: [{ api_url: 'https://hooks.example.com/', text: '://?'.repeat(50_000) }],
    }),
    put(
      'many global fields',
      'global',
      Object.fromEntries(Array.from({ length: 2_900 }, (_, at) => [`k${at}_url`, `https://a${at}.example.com`])),
    ),
  ];
}

/** The header of HTTP is at most `LIMITS.headerBytes` together with the request line; what is expensive to read in it. */
function headersAndTargets(): CostlyRequest[] {
  const LONG = LIMITS.headerBytes - 600;
  const many = (part: string) => part.repeat(Math.floor(LONG / part.length));
  const patch = (name: string, headers: Readonly<Record<string, string>>): CostlyRequest => ({
    name: `header ${name}`,
    method: 'PATCH',
    path: '/api/v1/tenants/demo',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"enforceLogLimit":false}',
  });
  const get = (name: string, path: string): CostlyRequest => ({ name: `target ${name}`, method: 'GET', path, headers: {} });
  return [
    patch('If-Match, thousands of tags', { 'if-match': many('"1",') }),
    patch('If-Match, quotes', { 'if-match': many('"') }),
    patch('Accept, thousands of ranges', { accept: `application/problem+json,${many('a/b;q=1,')}` }),
    patch('Accept, thousands of parameters', { accept: `application/problem+json${many(';q=1')}` }),
    patch('Forwarded, spaces', { forwarded: `for=${many(' ')}"x` }),
    patch('X-Forwarded-For, a long chain', { 'x-forwarded-for': many('::1,') }),
    patch('Authorization, spaces', { authorization: `Bearer ${many(' ')}x` }),
    patch('Idempotency-Key, long', { 'idempotency-key': many('"') }),
    patch('X-Request-Deadline, long', { 'x-request-deadline': many('1') }),
    patch('many', Object.fromEntries(Array.from({ length: 1_500 }, (_, at) => [`x${at}`, '1']))),
    get('with thousands of parameters', `/api/v1/plans?${many('a&')}`),
    get('with thousands of encoded parameters', `/api/v1/plans?${many('%61=%62&')}`),
    get('with a long name', `/api/v1/tenants/demo/clusters/${many('a')}`),
    get('with thousands of segments', `/api/v1${many('/a')}`),
    get('with an encoded name', `/api/v1/tenants/demo/members/${many('%41')}`),
  ];
}

/** Fills the document with as much as it takes, in as many receivers as the plan allows. */
function fullDocument(): CostlyRequest[] {
  const fields = Object.fromEntries(Array.from({ length: 2_900 }, (_, at) => [`k${at}`, 'b']));
  return ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => ({
    name: `alertmanager: another receiver, ${name}`,
    method: 'PUT',
    path: `/api/v1/tenants/demo/alertmanager/receivers/${name}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ x_configs: [fields] }),
  }));
}

/** Reads of what the writes before them left behind, by a caller from whom credentials are hidden. */
function reads(): CostlyRequest[] {
  return EVERY_ROUTE.filter(({ method }) => method === 'GET').map((route) => ({
    name: route.id,
    method: 'GET',
    path: samplePath(route),
    headers: {},
    isReadonly: route.access === 'readonly',
  }));
}

/** Every request that is measured, in an order in which reads find what writes before them left. */
export function costlyRequests(): readonly CostlyRequest[] {
  const bodies = EVERY_ROUTE.filter(({ body }) => body !== undefined).flatMap(bodiesOf);
  return [...headersAndTargets(), ...bodies, ...alertmanagerBodies(), ...fullDocument(), ...reads()];
}
