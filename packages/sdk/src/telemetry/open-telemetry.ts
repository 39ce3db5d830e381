import type { ApiCall } from '../call.ts';
import type { AttemptResult } from '../transport/attempt.ts';

type Attributes = Record<string, string | number>;

interface Span {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
  setAttribute(name: string, value: string | number): void;
  setStatus(status: { code: number; message?: string }): void;
  end(): void;
}

interface TraceApi {
  getTracer(name: string): { startSpan(name: string, options: { kind: number; attributes: Attributes }): Span };
}

/** Where version 1 of the OpenTelemetry API puts itself when a program registers a tracer provider. */
const API = Symbol.for('opentelemetry.js.api.1');
const CLIENT_SPAN = 2;
const STATUS_ERROR = 2;

/** The span of one request. */
export interface RequestSpan {
  /** `traceparent`, which makes the server's spans children of this one (W3C Trace Context §3.2). */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the span with the result of the attempt; without one the caller has aborted it. */
  end(result: AttemptResult | undefined): void;
}

/** What the program's tracer throws must not change what a call does. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function headersOf(span: Span): RequestSpan['headers'] {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` };
}

function finish(span: Span, result: AttemptResult | undefined): void {
  const { outcome, response, failure } = result ?? { outcome: 'aborted' };
  if (response) span.setAttribute('http.response.status_code', response.status);
  if (outcome !== 'succeeded') {
    span.setAttribute('error.type', response ? String(response.status) : outcome);
    span.setStatus({ code: STATUS_ERROR, message: failure?.message ?? outcome });
  }
  span.end();
}

/**
 * A client span for one request, as OpenTelemetry's conventions for HTTP have it, if the program has registered a tracer; nothing is
 * imported for it. `resends` counts the requests of the same call before this one. Never the credential, never a body.
 */
export function startSpan(origin: string, { route, method, path }: ApiCall, resends: number): RequestSpan | undefined {
  const { trace } = (globalThis as { [API]?: { trace?: TraceApi } })[API] ?? {};
  if (!trace) return undefined;
  const attributes: Attributes = { 'http.request.method': method, 'url.full': origin + path, 'server.address': new URL(origin).hostname };
  if (resends > 0) attributes['http.request.resend_count'] = resends;
  const span = quietly(() => trace.getTracer('@openkupe/sdk').startSpan(`${method} ${route}`, { kind: CLIENT_SPAN, attributes }));
  return span && { headers: quietly(() => headersOf(span)) ?? {}, end: (result) => void quietly(() => finish(span, result)) };
}
