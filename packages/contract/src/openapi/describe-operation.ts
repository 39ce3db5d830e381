import type { TSchema } from 'typebox';
import { NAME_RULES } from '../names.ts';
import { queryParametersOf } from '../routes/query.ts';
import { readWithTag } from '../routes/read-with-tag.ts';
import { errorStatuses, parameterNames, type Route } from '../routes/route.ts';
import { scopeOf } from '../scopes.ts';
import { ERROR_HELP_PATH, type ErrorStatus, statusRow } from '../status-table.ts';
import { conflictSchema } from './error-schemas.ts';
import type { Json } from './json.ts';

const REQUEST_ID: Json = { description: 'Quote it when asking for help.', schema: { type: 'string' } };
const ETAG: Json = { description: 'Send it back in If-Match or If-None-Match.', schema: { type: 'string', examples: ['"12345.7"'] } };
const VALIDATED: Json = { description: 'Nothing was written: validateOnly was sent.', schema: { type: 'string', enum: ['true'] } };
const SECONDS: Json = { description: 'Whole seconds to wait before the next request.', schema: { type: 'integer', minimum: 1 } };

function parameters(route: Route): Json[] {
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  return [
    ...parameterNames(route.path).map(
      (name): Json => ({ name, in: 'path', required: true, schema: { type: 'string', pattern: NAME_RULES[name].pattern } }),
    ),
    ...Object.entries(queryParametersOf(route)).map(
      ([name, { description, pattern, values }]): Json => ({
        name,
        in: 'query',
        required: false,
        description,
        schema: { type: 'string', ...(values ? { enum: values } : { pattern }) },
      }),
    ),
    ...(route.guardedBy ? [header('If-Match', `Refuses with 412 if the ${route.guardedBy} changed after it was read.`)] : []),
    ...(route.method === 'GET' && route.success.etag ? [header('If-None-Match', 'Answers 304 if nothing moved, status included.')] : []),
    ...(route.method !== 'GET' && route.access !== 'public'
      ? [header('Idempotency-Key', 'A repeat with the same key and body gets the same answer.')]
      : []),
    ...(route.success.isStream ? [header('Last-Event-ID', 'The id of the last event that was read.')] : []),
    header('X-Request-Deadline', 'When the caller stops waiting (RFC 3339): after it nothing is executed.'),
    header('X-Request-Attempt', 'From 2 on a repeated attempt, which yields to first ones when there is too much to do.'),
  ];
}

function errorResponse(status: ErrorStatus, route: Route, print: (schema: TSchema) => Json): Json {
  const row = statusRow(status);
  const carried = status === 412 ? readWithTag(route)?.success.body : undefined;
  return {
    description: `${row.meaning}. ${row.retry ? 'Retry' : 'Do not retry'}: ${row.remedy}.`,
    headers: {
      'X-Request-Id': REQUEST_ID,
      'Error-Code': { description: 'The cause, for programs.', schema: { type: 'string', examples: [row.name] } },
      'Retry-Advice': {
        description: `What to do, and whether the request was executed.${status === 429 ? ' "slot=reserved" says that a slot of the limit is kept for this request at the end of Retry-After.' : ''}`,
        schema: {
          type: 'string',
          examples: [`${row.advice}; executed=no`, ...(status === 429 ? ['wait; executed=no; slot=reserved'] : [])],
        },
      },
      Link: {
        description: 'The page about this status.',
        schema: { type: 'string', examples: [`<${ERROR_HELP_PATH}/${status}>; rel="help"`] },
      },
      ...(status === 429 || status === 503 ? { 'Retry-After': SECONDS } : {}),
      ...(status === 412 ? { ETag: ETAG } : {}),
    },
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/Error' } },
      'application/problem+json': { schema: carried ? conflictSchema(print(carried)) : { $ref: '#/components/schemas/Problem' } },
    },
  };
}

/** The role and the scope that a caller needs. */
function neededBy(route: Route): string {
  const scope = scopeOf(route);
  return `Needs the role \`${route.access}\`${scope ? `, and of an API key with scopes \`${scope}\`` : ''}.`;
}

/** One operation of the OpenAPI document. `print` turns a schema into JSON with references. */
export function describeOperation(route: Route, print: (schema: TSchema) => Json): Json {
  const { success } = route;
  const headers = {
    'X-Request-Id': REQUEST_ID,
    ...(success.etag ? { ETag: ETAG } : {}),
    ...(route.method === 'GET' ? {} : { 'Validate-Only': VALIDATED }),
  };
  return {
    operationId: route.id,
    tags: [route.id.split('.')[0] ?? ''],
    summary: route.summary,
    ...(route.access === 'public' ? { security: [] } : { description: neededBy(route) }),
    parameters: parameters(route),
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: print(route.body), ...(route.example ? { example: route.example as Json } : {}) } },
          },
        }
      : {}),
    responses: {
      [success.status]: {
        description: success.body ? 'Done.' : 'Done; there is no body.',
        headers,
        ...(success.body
          ? {
              content: {
                [success.isStream ? 'text/event-stream' : 'application/json']: { schema: print(success.body) },
                ...(success.lines ? { 'application/x-ndjson': { schema: print(success.lines) } } : {}),
              },
            }
          : {}),
      },
      ...(route.method === 'GET' && success.etag ? { 304: { description: 'Nothing moved since the tag in If-None-Match.', headers } } : {}),
      ...Object.fromEntries(errorStatuses(route).map((status) => [status, errorResponse(status, route, print)])),
    },
  };
}
