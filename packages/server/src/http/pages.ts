import type { HTTPMethod } from 'find-my-way';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { PUBLIC_FILES } from '../explorer/explorer.ts';
import type { IncomingRequest } from '../pipeline/exchange.ts';
import { checkQuery } from '../pipeline/find-route.ts';
import type { AddressLimitDependencies } from '../pipeline/pass-rate-limits.ts';
import type { ExchangeDependencies } from '../pipeline/pipeline.ts';
import { type ErrorReplyDependencies, parserErrorReply } from './parser-error.ts';
import { createReadiness, type ReadinessPorts } from './readiness.ts';
import { staticFileReply } from './static-file.ts';
import { versionReply } from './version.ts';

/** What is served beside the routes of the contract: a health check, a public file, or a review. */
export interface Page {
  readonly methods: readonly HTTPMethod[];
  answer(request: IncomingRequest): Reply | Promise<Reply>;
}

const READING: readonly HTTPMethod[] = ['HEAD', 'GET'];

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

/** What answers the API servers of clusters. */
export interface ReviewPort {
  readonly reviewPages: ReadonlyMap<string, Page['answer']>;
}

/** What the pages need. */
export type PageDependencies = ErrorReplyDependencies & ReadinessPorts & ExchangeDependencies & AddressLimitDependencies & ReviewPort;

/** The health checks have the names and the parameter of those of Kubernetes' API server. */
const CHECK_PATHS = { alive: '/livez', ready: '/readyz', started: '/startupz' } as const;

/** The health checks, the version, the public files, and the reviews, by path. */
export function createPages(deps: PageDependencies): ReadonlyMap<string, Page> {
  const readiness = createReadiness(deps);
  const read = (path: string, answer: Page['answer']): [string, Page] => [path, { methods: READING, answer }];
  return new Map<string, Page>([
    ...PUBLIC_FILES.map((file) => read(file.path, (request) => malformedReply(request, deps) ?? staticFileReply(file, request, deps))),
    read('/healthz', (request) => malformedReply(request, deps, []) ?? readiness.alive()),
    ...(['alive', 'ready', 'started'] as const).map((check) =>
      read(CHECK_PATHS[check], (request) => {
        return malformedReply(request, deps, ['verbose']) ?? readiness[check]({ isVerbose: hasVerbose(request) });
      }),
    ),
    read('/version', (request) => malformedReply(request, deps, []) ?? versionReply(deps.requestIds.next())),
    ...[...deps.reviewPages].map(([path, answer]): [string, Page] => [path, { methods: ['POST'], answer }]),
  ]);
}
