import { createHash } from 'node:crypto';
import type { RecordedRequest } from '../recording/recording.ts';
import type { RequestFacts } from '../rules/request-facts.ts';
import type { Fired, StagePorts } from './staged.ts';

/** Puts a request into the recording. Of its body only the length and a hash are kept, of its credential a label. */
export function recordRequest(
  { method, target, route, headers }: RequestFacts,
  body: Buffer,
  fired: readonly Fired[],
  { clock, recorder, sinceStartMs }: Pick<StagePorts, 'clock' | 'recorder'> & { readonly sinceStartMs: number },
): RecordedRequest {
  const { 'if-match': ifMatch, accept, authorization, 'user-agent': userAgent } = headers;
  const idempotencyKey = headers['idempotency-key'] as string | undefined;
  const shown = { ifMatch, idempotencyKey, accept, userAgent };
  const given = Object.entries(shown).filter(([, value]) => value !== undefined);
  const request = {
    at: new Date(clock.now()).toISOString(),
    sinceStartMs: Math.round(sinceStartMs),
    method,
    target,
    route: route?.id,
    headers: Object.fromEntries(given),
    bodyBytes: body.length,
    bodyHash: body.length === 0 ? undefined : createHash('sha256').update(body).digest('hex').slice(0, 16),
    firedBy: [...new Set(fired.map(({ by }) => by))],
    faults: fired.map(({ fault }) => fault.kind),
  };
  return recorder.add(request, authorization);
}
