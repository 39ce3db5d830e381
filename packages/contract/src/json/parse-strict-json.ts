import { checkJson, type JsonBounds } from './check-json.ts';
import { JsonError } from './json-error.ts';

/**
 * The value of a JSON text that is I-JSON (RFC 7493) and within `bounds`. Throws a {@link JsonError} that names the field for any other:
 * what this returns, `JSON.stringify` writes again without a change of value. A byte order mark has to be gone already.
 */
export function parseStrictJson(text: string, bounds: JsonBounds): unknown {
  try {
    checkJson(text, bounds);
    return JSON.parse(text);
  } catch (error) {
    throw error instanceof SyntaxError ? new JsonError('it is not valid JSON; send one JSON object') : error;
  }
}
