import type { TSchema } from 'typebox';
import * as alertmanager from '../resources/alertmanager.ts';
import * as apiKeys from '../resources/api-key.ts';
import * as audit from '../resources/audit.ts';
import * as clusters from '../resources/cluster.ts';
import * as usage from '../resources/current-usage.ts';
import * as events from '../resources/event.ts';
import * as invoices from '../resources/invoice.ts';
import * as limits from '../resources/limits.ts';
import * as members from '../resources/member.ts';
import * as plans from '../resources/plan.ts';
import * as secrets from '../resources/secret.ts';
import * as tenants from '../resources/tenant.ts';
import * as webhooks from '../resources/webhook.ts';
import { ROUTES } from '../routes/index.ts';
import type { Route } from '../routes/route.ts';
import { describeOperation } from './describe-operation.ts';
import { ERROR_SCHEMA, PROBLEM_SCHEMA } from './error-schemas.ts';
import type { Json } from './json.ts';

/** The schemas that get a name in the document: every exported object schema of a resource. */
function namedSchemas(): Map<TSchema, string> {
  const named = new Map<TSchema, string>();
  for (const [name, value] of Object.entries({
    ...clusters,
    ...secrets,
    ...tenants,
    ...members,
    ...alertmanager,
    ...apiKeys,
    ...usage,
    ...events,
    ...audit,
    ...invoices,
    ...limits,
    ...plans,
    ...webhooks,
  })) {
    if (typeof value === 'object' && 'type' in value && value.type === 'object') named.set(value as unknown as TSchema, name);
  }
  return named;
}

/** The schema with every named schema inside it replaced by a reference. */
export function referenced(schema: unknown, named: ReadonlyMap<unknown, string>, isRoot = false): Json {
  const name = named.get(schema);
  if (name && !isRoot) return { $ref: `#/components/schemas/${name}` };
  if (Array.isArray(schema)) return schema.map((inner) => referenced(inner, named));
  if (typeof schema !== 'object' || schema === null) return schema as Json;
  return Object.fromEntries(Object.entries(schema).map(([key, inner]) => [key, referenced(inner, named)]));
}

/** The API as an OpenAPI 3.1 document, printed from the route table and its schemas. */
export function describeApi(): Json {
  const named = namedSchemas();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES as readonly Route[]) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: describeOperation(route, (schema) => referenced(schema, named)),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kupe API',
      version: '1',
      summary: 'Managed Kubernetes clusters, by tenant.',
      description:
        'Errors are JSON with a single `error` field; status and message together say whether to retry, stop or ask a person. ' +
        'A request with `Accept: application/problem+json`, alone or beside `application/json` without preferring that, gets a fuller body.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key, `kupe_…`, or an OIDC access token.' } },
      schemas: {
        Error: ERROR_SCHEMA,
        Problem: PROBLEM_SCHEMA,
        ...Object.fromEntries([...named].map(([schema, name]) => [name, referenced(schema, named, true)])),
      },
    },
  };
}
