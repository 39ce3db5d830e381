import type { IncomingMessage, ServerResponse } from 'node:http';
import { arch, platform } from 'node:os';
import { formatTime } from '@openkupe/contract';
import type { IssuedCertificate } from '../x509/certificates.ts';
import { failureResponse, type KubernetesResponse, NOT_FOUND, type ReadRequest } from './kubernetes-response.ts';
import { openTlsListener, type TlsListener } from './tls-listener.ts';

/** The state of a cluster that its API server reports. */
export interface ApiServerState {
  readonly version: string;
  readonly isHealthy: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Opens the TLS endpoint of a cluster on `port`, or on a free port when that is taken or 0. `state` is called at every request. */
export async function openApiServer(options: {
  readonly port: number;
  /** Called at the first connection. */
  readonly certificate: () => IssuedCertificate;
  readonly state: () => ApiServerState;
  /** Responds to reads that need a credential; `undefined` for another path. */
  readonly handleRead?: (request: ReadRequest) => Promise<KubernetesResponse | undefined>;
}): Promise<TlsListener> {
  async function answer(request: IncomingMessage): Promise<KubernetesResponse> {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const { authorization } = request.headers;
    const address = request.socket.remoteAddress ?? '';
    const read = isRead ? await options.handleRead?.({ path, authorization, address }) : undefined;
    return read ?? answerTo(path, isRead, options.state());
  }
  return openTlsListener({
    ...options,
    onRequest(request, response) {
      // NOTE: a defect must neither end the process nor leave the client waiting.
      answer(request).then(
        (answered) => send(response, answered),
        () => send(response, failureResponse(500, 'InternalError', 'the sandbox could not answer')),
      );
    },
  });
}

/** The few paths of a Kubernetes API server that need no credentials: https://kubernetes.io/docs/reference/using-api/health-checks/ */
function answerTo(path: string, isRead: boolean, state: ApiServerState): KubernetesResponse {
  if (isRead && path === '/version') return { status: 200, body: versionInfo(state) };
  if (isRead && path === '/livez') return { status: 200, body: 'ok' };
  if (isRead && (path === '/readyz' || path === '/healthz')) {
    return state.isHealthy ? { status: 200, body: 'ok' } : { status: 500, body: '[-]sandbox failed: a fault was switched on\n' };
  }
  return NOT_FOUND;
}

function send(response: ServerResponse, { status, body, headers }: KubernetesResponse): void {
  const isText = typeof body === 'string';
  response
    .writeHead(status, {
      'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    .end(isText ? body : JSON.stringify(body));
}

/** `k8s.io/apimachinery/pkg/version.Info`; fields about Go and git stay empty. */
function versionInfo({ version, createdAt }: ApiServerState) {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  return {
    major,
    minor,
    gitVersion: version,
    gitCommit: '',
    gitTreeState: '',
    buildDate: formatTime(createdAt),
    goVersion: '',
    compiler: 'openkupe-sandbox',
    platform: `${platform()}/${arch() === 'x64' ? 'amd64' : arch()}`,
  };
}
