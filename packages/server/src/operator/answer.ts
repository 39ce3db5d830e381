import { LIMITS, NAME_RULES, OPERATOR_NAME_HEADER, OPERATOR_PREFIX } from '@openkupe/contract';
import { invalidRequest, Refusal } from '../errors/refusal.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { type BodyCheck, compileBodyCheck, refuseFindings } from '../pipeline/body-check.ts';
import { checkQuery } from '../pipeline/check-query.ts';
import type { IncomingRequest, Reply } from '../pipeline/exchange.ts';
import { readJsonBody } from '../pipeline/read-body.ts';
import { newRequestId } from '../pipeline/receive.ts';
import { OPERATOR_AUDIT_ROUTES } from './audit.ts';
import { OPERATOR_BILLING_ROUTES } from './billing.ts';
import { OPERATOR_KEY_ROUTES } from './keys.ts';
import { OPERATOR_LIMIT_ROUTES } from './limits.ts';
import { OPERATOR_METRICS_ROUTES } from './metrics.ts';
import type { OperatorPorts, OperatorRoute } from './operator-route.ts';
import { OPERATOR_SECRET_VALUE_ROUTES } from './secret-values.ts';
import { OPERATOR_SETTING_ROUTES } from './settings.ts';
import { OPERATOR_TENANT_ROUTES } from './tenants.ts';

/** Everything the operator can do. */
export const OPERATOR_ROUTES: readonly OperatorRoute[] = [
  ...OPERATOR_TENANT_ROUTES,
  ...OPERATOR_KEY_ROUTES,
  ...OPERATOR_SECRET_VALUE_ROUTES,
  ...OPERATOR_SETTING_ROUTES,
  ...OPERATOR_BILLING_ROUTES,
  ...OPERATOR_LIMIT_ROUTES,
  ...OPERATOR_METRICS_ROUTES,
  ...OPERATOR_AUDIT_ROUTES,
];

const TABLE = OPERATOR_ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${OPERATOR_PREFIX}${route.path.replace(/\{([a-z]+)\}/g, '(?<$1>[^/]+)')}$`),
  check: route.body ? compileBodyCheck(route.body) : undefined,
}));

const JSON_TYPE = 'application/json; charset=utf-8';

type Request = Omit<IncomingRequest, 'match' | 'socketAddress'>;

function find({ method }: Request, path: string): { route: OperatorRoute; check: BodyCheck | undefined; params: Record<string, string> } {
  const here = TABLE.flatMap((row) => {
    const found = row.pattern.exec(path);
    return found ? [{ ...row, params: { ...found.groups } }] : [];
  });
  const row = here.find(({ route }) => route.method === method);
  if (row) return row;
  if (here.length === 0)
    throw new Refusal(404, `There is nothing at ${JSON.stringify(path.slice(0, 120))}; check the path`, { code: 'unknown-route' });
  const allow = here.map(({ route }) => route.method).join(', ');
  throw new Refusal(405, `${method} is not possible on ${JSON.stringify(path)}; use ${allow}`, { headers: { allow } });
}

function decoded(params: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(params).map(([name, text]) => {
    try {
      return [name, decodeURIComponent(text)] as const;
    } catch {
      throw invalidRequest('The path is not validly percent-encoded; encode each segment');
    }
  });
  const values = Object.fromEntries(entries);
  for (const name of ['tenant', 'plan'] as const) {
    const value = values[name];
    if (value !== undefined && !new RegExp(NAME_RULES[name].pattern).test(value)) {
      throw invalidRequest(`${name} name must ${NAME_RULES[name].rule}, not ${JSON.stringify(value.slice(0, 80))}`);
    }
  }
  return values;
}

async function bodyOf(request: Request, check: BodyCheck | undefined): Promise<unknown> {
  if (!check) return undefined;
  const body = await readJsonBody({ ...request, socketAddress: '' }, LIMITS.operatorBodyBytes);
  refuseFindings(check(body), 'tenant');
  return body;
}

/** The name the caller gives, if it looks like one: the socket is the credential, the name is for the record. */
function actorOf({ headers }: Request, account: string): string {
  const given = headers[OPERATOR_NAME_HEADER] ?? '';
  return `operator:${/^[\w.@+-]{1,64}$/.test(given) ? given : account}`;
}

/** Answers one request on the operator's socket. Never rejects: every error is the same envelope as on the public side. */
export async function answerOperator(request: Request, ports: OperatorPorts): Promise<Reply> {
  const requestId = newRequestId(ports.random);
  const path = request.target.split('?', 1)[0] ?? '';
  try {
    const { route, check, params } = find(request, path);
    const call = {
      params: decoded(params),
      query: checkQuery(request.target, route.query),
      body: await bodyOf(request, check),
      actor: actorOf(request, ports.account),
      action: route.id,
      requestId,
    };
    const body = await route.run(call, ports);
    const headers = { 'x-request-id': requestId, 'cache-control': 'no-store', 'content-type': route.contentType ?? JSON_TYPE };
    return { status: route.status, headers, body: route.contentType ? String(body) : JSON.stringify(body) };
  } catch (error) {
    if (!(error instanceof Refusal)) ports.log.error({ requestId, err: error }, 'operator request failed');
    return toErrorReply(error, { requestId, progress: { headers: {}, executed: 'no' } });
  }
}
