import type { IncomingHttpHeaders } from 'node:http';
import { ROUTES } from '@openkupe/contract';
import type { Route } from '@openkupe/contract/routes/route';

/** What rules are compared with. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The row of the contract's table; `undefined` where there is none. */
  readonly route: Route | undefined;
  /** The resources that path and body name. */
  readonly names: readonly string[];
}

/** Routes with the segments of their templates. A path that is written out comes before one with a parameter in its place. */
const TEMPLATES = (ROUTES as readonly Route[])
  .map((route) => ({ route, segments: route.path.split('/') }))
  .sort((one, other) => one.route.path.split('{').length - other.route.path.split('{').length);

const isParameter = (segment: string) => segment.startsWith('{');

function isTemplateOf(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((one, index) => (isParameter(one) ? segments[index] !== '' : one === segments[index]))
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The field `name` of a body in JSON. */
function nameIn(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  try {
    const { name } = Object(JSON.parse(body.toString('utf8'))) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the facts of a request. */
export function requestFacts(
  request: { readonly method: string; readonly target: string; readonly headers: IncomingHttpHeaders },
  body: Buffer,
): RequestFacts {
  const path = request.target.split('?', 1)[0] ?? '';
  const asked = request.method === 'HEAD' ? 'GET' : request.method;
  const segments = path.split('/');
  const template = TEMPLATES.find(({ route, segments: wanted }) => route.method === asked && isTemplateOf(wanted, segments));
  const named = segments.filter((_, index) => {
    const parameter = template?.segments[index] ?? '';
    return isParameter(parameter) && parameter !== '{tenant}';
  });
  const inBody = request.method === 'POST' ? nameIn(body) : undefined;
  return { ...request, path, route: template?.route, names: [...named.map(decoded), ...(inBody === undefined ? [] : [inBody])] };
}
