import { SUGGESTED_WAITS } from '@openkupe/contract';
import { prefersProblem } from '../errors/prefers-problem.ts';
import { unavailable } from '../errors/refusal.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { beginExchange, type ExchangeDependencies, type Pipeline } from './pipeline.ts';

/** The pipeline of a process that serves no API: 503 for every request, because 404 would say that what was asked for does not exist. */
export function createWorkersOnlyPipeline(deps: ExchangeDependencies): Pipeline {
  const refusal = unavailable(
    'This process only works in the background (OPENKUPE_ROLE=workers); send requests to one that serves the API',
    SUGGESTED_WAITS.storeMs,
    'workers-only',
  );
  return async (request) => toErrorReply(refusal, beginExchange(request, deps), prefersProblem(request.headers.accept));
}
