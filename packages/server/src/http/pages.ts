import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { EXPLORER_FILES } from '../explorer/explorer.ts';
import type { ExchangeDependencies, IncomingRequest } from '../pipeline/exchange.ts';
import { checkQuery } from '../pipeline/find-route.ts';
import type { AddressLimitDependencies } from '../pipeline/pass-rate-limits.ts';
import { type ErrorReplyDependencies, parserErrorReply } from './parser-error.ts';
import { createReadiness, type ReadinessPorts } from './readiness.ts';
import { staticFileReply } from './static-file.ts';

/** What is served beside the routes of the contract. */
export const PAGES: ReadonlySet<string> = new Set(['/healthz', '/readyz', ...EXPLORER_FILES.map(({ path }) => path)]);

/** Whether the parameter `verbose` is there, with or without a value, as at Kubernetes' `/readyz?verbose`. */
const hasVerbose = ({ target }: IncomingRequest) => new URLSearchParams(target.split('?')[1] ?? '').has('verbose');

/** What is not answered by the pipeline is refused here, where the message itself or (`known` given) a query parameter is wrong. */
function malformedReply(request: IncomingRequest, deps: ErrorReplyDependencies, known?: readonly string[]): Reply | undefined {
  if (request.malformed !== undefined) return parserErrorReply(new Refusal(400, request.malformed), deps);
  try {
    if (known) checkQuery(request.target, known);
    return undefined;
  } catch (error) {
    return toErrorReply(error, { requestId: deps.requestIds.next(), headers: {}, executed: 'no' });
  }
}

/** How pages get requests and send answers, and what they need. */
export interface PageServing {
  readonly deps: ErrorReplyDependencies & ReadinessPorts & ExchangeDependencies & AddressLimitDependencies;
  receive(request: FastifyRequest): IncomingRequest;
  respond(reply: FastifyReply, answer: Reply | Promise<Reply>): Promise<void>;
}

/** The health checks, and the files of the explorer. */
export function servePages(app: FastifyInstance, { deps, receive, respond }: PageServing): void {
  for (const file of EXPLORER_FILES) {
    app.get(file.path, (request, reply) => {
      const received = receive(request);
      void respond(reply, malformedReply(received, deps) ?? staticFileReply(file, received, deps));
    });
  }
  const readiness = createReadiness(deps);
  app.get('/healthz', (request, reply) => {
    void respond(reply, malformedReply(receive(request), deps, []) ?? readiness.alive());
  });
  app.get('/readyz', (request, reply) => {
    const received = receive(request);
    void respond(reply, malformedReply(received, deps, ['verbose']) ?? readiness.ready({ isVerbose: hasVerbose(received) }));
  });
}
