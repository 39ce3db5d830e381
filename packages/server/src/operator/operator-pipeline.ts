import { LIMITS, OPERATOR_NAME_HEADER, OPERATOR_PREFIX, type ParameterName } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { createRequestIds } from '../http/incoming-request.ts';
import type { IncomingRequest } from '../pipeline/exchange.ts';
import { checkQuery, refuseUnmatched } from '../pipeline/find-route.ts';
import { readJsonBody } from '../pipeline/receive-body.ts';
import { type BodyCheck, checkParameters, compileBodyCheck, namedParameters, refuseFindings } from '../pipeline/validate.ts';
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

/** Parameters whose names follow a rule; the rest is looked up or parsed as it is. */
const NAMED: readonly ParameterName[] = ['tenant', 'plan'];

const TABLE = OPERATOR_ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${OPERATOR_PREFIX}${route.path.replace(/\{([a-z]+)\}/g, '(?<$1>[^/]+)')}$`),
  names: namedParameters(
    route.path,
    NAMED.filter((parameter) => route.path.includes(`{${parameter}}`)),
  ),
  check: route.body && compileBodyCheck(route.body),
}));

const JSON_TYPE = 'application/json; charset=utf-8';

type OperatorRequest = Pick<IncomingRequest, 'method' | 'target' | 'headers' | 'body'>;

function findRow(request: OperatorRequest): { readonly row: (typeof TABLE)[number]; readonly params: Record<string, string> } {
  const path = request.target.split('?', 1)[0] ?? '';
  const here = TABLE.filter(({ pattern }) => pattern.test(path));
  const row = here.find(({ route }) => route.method === request.method);
  const methods = here.map(({ route }) => route.method);
  if (!row) return refuseUnmatched(request, methods);
  try {
    const found = Object.entries(row.pattern.exec(path)?.groups ?? {});
    return { row, params: Object.fromEntries(found.map(([name, text]) => [name, decodeURIComponent(text)])) };
  } catch {
    return refuseUnmatched(request, methods);
  }
}

async function bodyOf(request: OperatorRequest, check: BodyCheck | undefined): Promise<unknown> {
  if (!check) return undefined;
  const body = await readJsonBody(request, LIMITS.operatorBodyBytes);
  refuseFindings(check(body), 'tenant');
  return body;
}

/** The name the caller gives, if it looks like one: the socket is the credential, the name is for the record. */
function actorOf({ headers }: OperatorRequest, account: string): string {
  const given = headers[OPERATOR_NAME_HEADER] ?? '';
  return `operator:${/^[\w.@+-]{1,64}$/.test(given) ? given : account}`;
}

/** Answers one request on the operator's socket. Never rejects: every error is the same envelope as on the public side. */
export async function answerOperator(request: OperatorRequest, ports: OperatorPorts): Promise<Reply> {
  const requestId = createRequestIds(ports.random).next();
  try {
    const { row, params } = findRow(request);
    const { route, names, check } = row;
    checkParameters(names, params);
    const call = {
      params,
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
    return toErrorReply(error, { requestId, headers: {}, executed: 'no' });
  }
}
