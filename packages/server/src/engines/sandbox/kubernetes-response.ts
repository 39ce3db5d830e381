/** A read that a client sent to the endpoint of a cluster. */
export interface ReadRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  /** The peer of the socket. */
  readonly address: string;
}

/** A response of the simulated API server: text, or an object that is sent as JSON. */
export interface KubernetesResponse {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure as a Kubernetes API server words it: `k8s.io/apimachinery/pkg/apis/meta/v1.Status`. */
export function failureResponse(code: number, reason: string, message: string, details: object = {}): KubernetesResponse {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code } };
}

/** 404 for a path that the simulated API server does not have. */
export const NOT_FOUND = failureResponse(404, 'NotFound', 'the server could not find the requested resource');
