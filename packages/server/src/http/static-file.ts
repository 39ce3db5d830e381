import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { PAGE_POLICY, type StaticFile } from '../explorer/explorer.ts';
import type { IncomingRequest } from '../pipeline/exchange.ts';
import { checkQuery } from '../pipeline/find-route.ts';
import { type AddressLimitDependencies, passPublicAddressLimit } from '../pipeline/pass-rate-limits.ts';
import { beginExchange, type ExchangeDependencies } from '../pipeline/pipeline.ts';

/** A file that needs no credential. It is rate limited like everything else, and revalidated instead of cached blindly. */
export async function staticFileReply(
  file: StaticFile,
  request: IncomingRequest,
  deps: ExchangeDependencies & Pick<AddressLimitDependencies, 'addressLimit'>,
): Promise<Reply> {
  const exchange = beginExchange(request, deps);
  const refusal = await passPublicAddressLimit(exchange, deps);
  if (refusal) return toErrorReply(refusal, exchange);
  try {
    checkQuery(request.target);
  } catch (error) {
    return toErrorReply(error, exchange);
  }
  const { body, etag } = file.content();
  const headers = {
    ...exchange.headers,
    'x-request-id': exchange.requestId,
    'cache-control': 'public, no-cache',
    etag,
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers };
  return { status: 200, headers: { ...headers, 'content-type': file.contentType }, body };
}
