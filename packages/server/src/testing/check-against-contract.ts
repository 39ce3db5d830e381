import { errorStatuses, ROUTES, type Route } from '@openkupe/contract';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
addFormats.default(ajv, { formats: ['date-time'] });

const TABLE = (ROUTES as readonly Route[]).map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/\{[a-z]+\}/g, '[^/]+')}$`),
  validate: route.success.body ? ajv.compile(route.success.body) : undefined,
}));

function checkSuccess(route: Route, validate: ValidateFunction | undefined, text: string): void {
  if (!validate) {
    if (text !== '') throw new Error(`${route.id} answers a body, and its row has none: ${text}`);
    return;
  }
  if (!validate(JSON.parse(text)))
    throw new Error(`${route.id} answers a body that its row does not describe: ${ajv.errorsText(validate.errors)} in ${text}`);
}

/** Throws when an answer is not one that the route's row lists: its status, and the shape of its body. */
export function checkAgainstContract(method: string, path: string, status: number, text: string): void {
  const row = TABLE.find(({ route, pattern }) => route.method === method && pattern.test(path.split('?', 1)[0] ?? ''));
  if (!row) return;
  const { route, validate } = row;
  if (status === 304 && route.method === 'GET' && route.success.etag) return;
  if (status === route.success.status) checkSuccess(route, validate, text);
  else if (!(errorStatuses(route) as number[]).includes(status))
    throw new Error(`${route.id} answered ${status}, which its row does not list: ${text}`);
}
