import type { Transport, TransportRequest } from '@openkupe/sdk';
import type { Goal } from '../wait/goal.ts';

/** The version that every answer of the recorder has: where a request repeats it, the script uses the one of the answer before. */
export const READ_TAG = '"as-it-was-read"';

/** A request of a script. */
export interface RecordedRequest {
  readonly kind: 'request';
  readonly method: string;
  /** Below the host, with its query. */
  readonly path: string;
  readonly body: string | undefined;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly isPublic: boolean;
}

/** A wait of a script for a cluster. */
export interface RecordedWait {
  readonly kind: 'wait';
  readonly path: string;
  readonly goal: Goal;
  readonly timeoutMs: number;
}

/** A step of a script. */
export type Recorded = RecordedRequest | RecordedWait;

/** Records what a command would send, and sends nothing. */
export interface Recorder {
  readonly steps: readonly Recorded[];
  /** Answers every request as a server does that has everything. */
  readonly transport: Transport;
  wait(tenant: string, name: string, goal: Goal, timeoutMs: number): void;
}

/** An object that reads as any resource of the API, and as an empty list of them. */
function anything(path: string): Record<string, unknown> {
  const name = decodeURIComponent(path.split('?')[0]?.split('/').at(-1) ?? '');
  const status = {
    phase: 'Running',
    conditions: [],
    metrics: {},
    syncStatuses: [],
    lineItems: [],
    observedGeneration: 0,
    currentUsage: {},
  };
  // NOTE: what a command asks for must differ from it, or nothing would be sent.
  const sync = [{ cluster: '?', namespace: '?' }];
  return {
    name,
    id: name,
    email: name,
    sync,
    items: [],
    members: [],
    global: {},
    receivers: [],
    routes: [],
    resources: {},
    generation: 0,
    status,
  };
}

/** Starts recording. `givenKey` is the idempotency key that was typed; any other one is chosen anew by the script. */
export function createRecorder(givenKey: string | undefined): Recorder {
  const steps: Recorded[] = [];
  return {
    steps,
    wait(tenant, name, goal, timeoutMs) {
      steps.push({
        kind: 'wait',
        path: `/api/v1/tenants/${encodeURIComponent(tenant)}/clusters/${encodeURIComponent(name)}`,
        goal,
        timeoutMs,
      });
    },
    transport: {
      name: 'recorder',
      async send({ method, url, headers, body }: TransportRequest) {
        const { pathname, search } = new URL(url);
        const path = pathname + search;
        const key = headers['idempotency-key'];
        steps.push({
          kind: 'request',
          method,
          path,
          body,
          ifMatch: headers['if-match'],
          idempotencyKey: key === undefined || key === givenKey ? key : '',
          isPublic: headers.authorization === undefined,
        });
        const answered: Readonly<Record<string, string>> = {
          etag: READ_TAG,
          'content-type': pathname.endsWith('/events') ? 'text/event-stream' : 'application/json',
          'validate-only': String(search.includes('validateOnly=true')),
        };
        const text = JSON.stringify({ ...anything(path), ...(body === undefined ? {} : (JSON.parse(body) as object)) });
        const isStream = pathname.endsWith('/events');
        return {
          status: method === 'DELETE' ? 204 : 200,
          headers: { get: (name) => answered[name] },
          text: isStream || method === 'DELETE' ? '' : text,
        };
      },
    },
  };
}
