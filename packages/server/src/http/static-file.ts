import { toErrorReply } from '../errors/to-error-reply.ts';
import { PAGE_POLICY, type StaticFile } from '../explorer/explorer.ts';
import { checkQuery } from '../pipeline/check-query.ts';
import type { IncomingRequest, Reply } from '../pipeline/exchange.ts';
import { passGuard } from '../pipeline/pass-guard.ts';
import type { Ports } from '../pipeline/ports.ts';
import { receive } from '../pipeline/receive.ts';

/** A file that anybody may read. It is rate limited like everything else, and revalidated instead of cached blindly. */
export function staticFileReply(file: StaticFile, request: IncomingRequest, ports: Ports): Reply {
  const exchange = receive(request, ports);
  try {
    passGuard(exchange, ports);
    checkQuery(request.target);
  } catch (error) {
    return toErrorReply(error, exchange);
  }
  const headers = {
    ...exchange.progress.headers,
    'x-request-id': exchange.requestId,
    'cache-control': 'public, no-cache',
    etag: file.etag,
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  if (request.headers['if-none-match'] === file.etag) return { status: 304, headers };
  return { status: 200, headers: { ...headers, 'content-type': file.contentType }, body: file.body };
}
