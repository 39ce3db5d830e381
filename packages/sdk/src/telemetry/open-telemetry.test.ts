import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

afterEach(() => trace.disable());

test('without OpenTelemetry there is no span, with it one per request, which the server can join', async () => {
  const before = tryClient([{ body: cluster('prod') }]);
  await before.clock.runUntil(before.client.clusters.get('prod'));
  expect(before.transport.sent[0]?.headers).not.toHaveProperty('traceparent');

  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const { client, clock, transport } = tryClient([{ status: 503 }, { body: cluster('prod') }, { failure: 'cannot-connect' }]);
  await clock.runUntil(client.clusters.get('prod'));
  await failureOf(clock, client.clusters.get('prod'));

  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name }) => name)).toEqual(['GET clusters.get', 'GET clusters.get', 'GET clusters.get']);
  expect(spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 200, undefined]);
  expect(spans.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, undefined]);
  expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['503', undefined, 'cannot-connect']);
  expect(spans[0]?.attributes).toMatchObject({ 'http.request.method': 'GET', 'server.address': 'api.example.test' });
  expect(spans[2]?.status).toEqual({ code: 2, message: 'Scripted: cannot-connect' });
  expect(transport.sent.map(({ headers }) => headers.traceparent)).toEqual(
    spans.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
  );
  expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('kupe_test');
});

test('the span of a request that its caller aborts is ended, too', async () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const { client, clock } = tryClient([{ afterMs: 1_000 }]);
  const controller = new AbortController();
  const work = client.clusters.get('prod', { signal: controller.signal });
  await clock.advance(10);
  controller.abort(new Error('enough'));
  await expect(work).rejects.toThrow('enough');
  expect(exporter.getFinishedSpans().map(({ attributes }) => attributes['error.type'])).toEqual(['aborted']);
});

test('a tracer that throws changes nothing', async () => {
  const broken = () => {
    throw new Error('exporter');
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) });
  const { client, clock } = tryClient([{ body: cluster('prod') }, { body: cluster('prod') }]);
  await clock.runUntil(client.clusters.get('prod'));
  trace.disable();
  const span = { setAttribute: broken, addEvent: broken, setStatus: broken, end: broken };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => span, startActiveSpan: broken }) } as never);
  await clock.runUntil(client.clusters.get('prod'));
});
