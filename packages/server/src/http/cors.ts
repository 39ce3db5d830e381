import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import type { Exchange, IncomingRequest } from '../pipeline/exchange.ts';
import { methodsOn } from '../pipeline/find-route.ts';
import { type AddressLimitDependencies, passPublicAddressLimit } from '../pipeline/pass-rate-limits.ts';
import { beginExchange, type ExchangeDependencies } from '../pipeline/pipeline.ts';

/** Headers of ours that a page may read, beyond those that every page may. */
const EXPOSED = [
  'ETag',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
  'Retry-Advice',
  'Error-Code',
  'Idempotency-Key-Support',
  'Idempotent-Replayed',
  'Validate-Only',
].join(', ');
/** Headers that a page may send, beyond those that every page may. */
const ALLOWED = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'X-Request-Id',
  'X-Request-Deadline',
  'X-Request-Attempt',
].join(', ');
/** How long a browser may go by one preflight answer, in seconds. */
const MAX_AGE_SECONDS = '600';

/** Which pages of other origins may read answers: origins as browsers write them, such as `https://console.example`. Empty: none. */
export type AllowedOrigins = ReadonlySet<string>;

/**
 * The headers that let a page of an allowed origin read an answer (Fetch standard §3.3). Never `*`, and never credentials of the browser:
 * callers show theirs in `Authorization`. With no allowed origins there are no headers at all.
 */
export function corsHeaders(origin: string | undefined, allowed: AllowedOrigins): Readonly<Record<string, string>> {
  if (allowed.size === 0) return {};
  if (origin === undefined || !allowed.has(origin)) return { vary: 'Origin' };
  return { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED };
}

/**
 * Answers a browser that asks whether a page of an allowed origin may send a request (a preflight). It shows no credential and is rate
 * limited like everything else. `undefined` when this is no such question, or one about a path that does not exist.
 */
export function preflightReply(
  request: IncomingRequest,
  allowed: AllowedOrigins,
  deps: ExchangeDependencies & Pick<AddressLimitDependencies, 'addressLimit'>,
): Promise<Reply> | undefined {
  const { origin, 'access-control-request-method': asked } = request.headers;
  if (request.method !== 'OPTIONS' || asked === undefined || !allowed.has(origin ?? '') || request.malformed) return undefined;
  const methods = methodsOn(request.target.split('?', 1)[0] ?? '');
  if (methods.length === 0) return undefined;
  return permit(methods, beginExchange(request, deps), deps);
}

async function permit(
  methods: readonly string[],
  exchange: Exchange,
  deps: Pick<AddressLimitDependencies, 'addressLimit'>,
): Promise<Reply> {
  const refusal = await passPublicAddressLimit(exchange, deps);
  if (refusal) return toErrorReply(refusal, exchange);
  return {
    status: 204,
    headers: {
      ...exchange.headers,
      'x-request-id': exchange.requestId,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': ALLOWED,
      'access-control-max-age': MAX_AGE_SECONDS,
    },
  };
}
