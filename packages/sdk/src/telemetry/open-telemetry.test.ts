import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import { cluster, tryClient } from '../testing/try-client.ts';

afterEach(() => trace.disable());

test('without OpenTelemetry there is no span, with it one per call with its attempts', async () => {
  const before = tryClient([{ body: cluster('prod') }]);
  await before.clock.runUntil(before.client.clusters.get('prod'));

  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const { client, clock } = tryClient([{ status: 503 }, { body: cluster('prod') }, { status: 403, body: { error: 'no' } }]);
  await clock.runUntil(client.clusters.get('prod'));
  await failureOf(clock, client.clusters.get('prod'));

  const [first, second, ...more] = exporter.getFinishedSpans();
  expect(more).toHaveLength(0);
  expect(first?.name).toBe('GET clusters.get');
  expect(first?.attributes).toMatchObject({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.request.resend_count': 1,
    'server.address': 'api.example.test',
  });
  expect(first?.events.map(({ attributes }) => attributes?.['openkupe.verdict'])).toEqual(['backoff', 'done']);
  expect(second?.attributes['error.type']).toBe('ForbiddenError');
  expect(second?.status).toEqual({ code: 2, message: 'no' });
  expect(JSON.stringify([first?.attributes, second?.attributes])).not.toContain('kupe_test');
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
