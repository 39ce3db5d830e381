import type { Json } from './json.ts';

const SENTENCE: Json = { type: 'string', minLength: 1, description: 'One sentence for a person.' };
const WORD: Json = { type: 'string', minLength: 1 };

/** "All errors return JSON with a single error field." */
export const ERROR_SCHEMA = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: { error: SENTENCE },
} as const satisfies Json;

/** The fuller body (RFC 9457) for a caller that asks for `application/problem+json` and does not prefer `application/json`. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'error', 'code', 'advice', 'requestId'],
  properties: {
    type: WORD,
    title: WORD,
    status: { type: 'integer' },
    detail: SENTENCE,
    error: { ...SENTENCE, description: 'The same sentence, where every error has it.' },
    code: { ...WORD, description: 'The header Error-Code.' },
    advice: { enum: ['stop', 're-read', 'wait', 'back-off'] },
    requestId: WORD,
    retryAfterSeconds: { type: 'integer', minimum: 1, description: 'The header Retry-After.' },
    etag: { ...WORD, description: 'The header ETag.' },
    errors: {
      type: 'array',
      description: 'On a 400: what is wrong, field by field, as far as it is about fields of the body.',
      items: {
        type: 'object',
        required: ['detail', 'pointer'],
        properties: {
          detail: SENTENCE,
          pointer: { ...WORD, description: 'A JSON Pointer as a URI fragment (RFC 6901), such as #/resources/cpu.' },
        },
      },
    },
    changes: {
      type: 'array',
      description: 'On a 412: what was changed since the tag in If-Match, newest first, by the audit.',
      items: {
        type: 'object',
        required: ['at', 'actor', 'action', 'target', 'requestId', 'fields'],
        properties: {
          at: { type: 'string', format: 'date-time' },
          actor: { ...WORD, description: 'An API key id, an e-mail address, or "operator".' },
          action: { ...WORD, description: 'The operation, such as clusters.update.' },
          target: WORD,
          requestId: WORD,
          fields: {
            type: 'array',
            description: 'The fields that moved, as the audit has them: before and after, unless they are withheld.',
            items: {
              type: 'object',
              required: ['pointer'],
              properties: { pointer: WORD, before: {}, after: {}, withheld: { enum: ['secret', 'size'] } },
            },
          },
        },
      },
    },
  },
} as const satisfies Json;

/** The fuller body of a 412 whose write has a GET on its path, which answers `representation`. */
export function conflictSchema(representation: Json): Json {
  const description =
    'What a GET of this path would answer to the same caller now; the ETag in the header is that of exactly this. Absent when it is longer than 64 KiB as JSON, or gone: read it again then.';
  return {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      { type: 'object', properties: { current: { allOf: [representation], description } } },
    ],
  };
}
