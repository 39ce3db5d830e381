import { errorStatuses, ROUTES, type Route, readWithTag } from '@openkupe/contract';
import { ERROR_SCHEMA, PROBLEM_SCHEMA } from '@openkupe/contract/openapi/error-schemas';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An answer, header names in lower case. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
addFormats.default(ajv, { formats: ['date-time'] });

const TABLE = (ROUTES as readonly Route[]).map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/\{[a-z]+\}/g, '[^/]+')}$`),
  validate: route.success.body ? ajv.compile(route.success.body) : undefined,
  validateLine: route.success.lines && ajv.compile(route.success.lines),
}));
const isError = ajv.compile(ERROR_SCHEMA);
const isProblem = ajv.compile(PROBLEM_SCHEMA);

function check(validate: ValidateFunction, body: unknown, what: string): void {
  if (!validate(body)) throw new Error(`${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
}

function checkSuccess(route: Route, { validate, validateLine }: (typeof TABLE)[number], { text, headers }: ReceivedResponse): void {
  if (validateLine && String(headers['content-type']).startsWith('application/x-ndjson')) {
    for (const line of text.split('\n').filter(Boolean))
      check(validateLine, JSON.parse(line), `${route.id} answers a line that its row does not describe`);
    return;
  }
  if (!validate) {
    if (text !== '') throw new Error(`${route.id} answers a body, and its row has none: ${text}`);
    return;
  }
  if (route.success.isStream) {
    // NOTE: an event with a name, such as resync, is about the stream itself.
    const events = text.split('\n\n').filter((block) => !block.includes('event: '));
    for (const [, data = ''] of events.join('\n').matchAll(/^data: (.*)$/gm))
      check(validate, JSON.parse(data), `${route.id} streams an event that its row does not describe`);
    return;
  }
  check(validate, JSON.parse(text), `${route.id} answers a body that its row does not describe`);
}

/** What a 412 carries is what the GET on its path describes, under the tag in the header. */
function checkCarried(route: Route, { status, headers }: ReceivedResponse, problem: Readonly<Record<string, unknown>>): void {
  if (!('current' in problem)) return;
  const read = TABLE.find((row) => row.route === readWithTag(route));
  if (status !== 412 || !read?.validate) throw new Error(`${route.id} carries a representation with ${status}, where there is none`);
  check(read.validate, problem.current, `${route.id} carries something else than ${read.route.id} answers`);
  if (problem.etag === undefined) throw new Error(`${route.id} carries a representation without its tag, ${headers.etag}`);
}

function checkError(route: Route, answer: ReceivedResponse): void {
  const body: unknown = JSON.parse(answer.text);
  if (!String(answer.headers['content-type']).startsWith('application/problem+json')) {
    check(isError, body, `${route.id} answers an error with more or less than its one field`);
    return;
  }
  check(isProblem, body, `${route.id} answers a problem that the contract does not describe`);
  const problem = body as Record<string, unknown>;
  const unknown = Object.keys(problem).filter((field) => field !== 'current' && !Object.hasOwn(PROBLEM_SCHEMA.properties, field));
  if (unknown.length > 0) throw new Error(`${route.id} answers a problem with unknown fields: ${unknown.join(', ')}`);
  if (problem.etag !== answer.headers.etag) throw new Error(`${route.id} answers two tags: ${problem.etag} and ${answer.headers.etag}`);
  checkCarried(route, answer, problem);
}

/** Throws when an answer is not one that the route's row lists: its status, and the shape of its body. */
export function checkAgainstContract(method: string, path: string, answer: ReceivedResponse): void {
  const row = TABLE.find(({ route, pattern }) => route.method === method && pattern.test(path.split('?', 1)[0] ?? ''));
  if (!row) return;
  const { route } = row;
  const { status, text } = answer;
  if (status === 304 && route.method === 'GET' && route.success.etag) return;
  if (status === route.success.status) checkSuccess(route, row, answer);
  else if (!(errorStatuses(route) as number[]).includes(status))
    throw new Error(`${route.id} answered ${status}, which its row does not list: ${text}`);
  else checkError(route, answer);
}
