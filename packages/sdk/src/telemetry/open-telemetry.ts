import type { ApiCall } from '../call.ts';
import { KupeError } from '../errors/kupe-error.ts';
import type { AttemptRecord } from '../retry/trace.ts';

interface Span {
  setAttribute(name: string, value: string | number): void;
  addEvent(name: string, attributes?: Record<string, string | number>): void;
  setStatus(status: { code: number; message?: string }): void;
  end(): void;
}

interface TraceApi {
  getTracer(name: string): {
    startSpan(name: string, options: { kind: number; attributes: Record<string, string | number> }): Span;
  };
}

/** Where version 1 of the OpenTelemetry API puts itself when a program registers a tracer provider. */
const API = Symbol.for('opentelemetry.js.api.1');
const CLIENT_SPAN = 2;
const STATUS_ERROR = 2;

export interface CallSpan {
  end(attempts: readonly AttemptRecord[], error?: unknown): void;
}

/** What the program's tracer throws must not change what a call does. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/**
 * A span for a call, if the program has registered OpenTelemetry; nothing is imported for it. One event per attempt, and the
 * attributes of the HTTP conventions, `http.request.resend_count` among them. Never the credential, never a body.
 */
export function startSpan(origin: string, { route, method, path }: ApiCall): CallSpan | undefined {
  const attributes = { 'http.request.method': method, 'url.full': origin + path, 'server.address': new URL(origin).hostname };
  const span = quietly(() => {
    const trace = (globalThis as { [API]?: { trace?: TraceApi } })[API]?.trace;
    return trace?.getTracer('@openkupe/sdk').startSpan(`${method} ${route}`, { kind: CLIENT_SPAN, attributes });
  });
  return span && { end: (attempts, error) => void quietly(() => finish(span, attempts, error)) };
}

function finish(span: Span, attempts: readonly AttemptRecord[], error: unknown): void {
  for (const { attempt, outcome, verdict, waitMs } of attempts)
    span.addEvent('attempt', {
      'openkupe.attempt': attempt,
      'openkupe.outcome': outcome,
      'openkupe.verdict': verdict,
      'openkupe.wait_ms': waitMs,
    });
  span.setAttribute('http.request.resend_count', Math.max(0, attempts.length - 1));
  const status = attempts.at(-1)?.status;
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  if (error instanceof KupeError) span.setAttribute('error.type', error.name);
  if (error !== undefined) span.setStatus({ code: STATUS_ERROR, message: error instanceof Error ? error.message : String(error) });
  span.end();
}
