/** A read as the endpoint saw it. */
export interface ReadRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  /** The peer of the socket. */
  readonly address: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal as a Kubernetes API server words it: `k8s.io/apimachinery/pkg/apis/meta/v1.Status`. */
export function statusAnswer(code: number, reason: string, message: string, details: object = {}): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code } };
}

export const NOT_FOUND = statusAnswer(404, 'NotFound', 'the server could not find the requested resource');
