import { formatETag, LIMITS, type Route, readWithTag } from '@openkupe/contract';
import type { Call } from '../pipeline/handler.ts';
import type { Ports } from '../pipeline/ports.ts';
import { readNow } from '../pipeline/read-now.ts';
import { Refusal } from './refusal.ts';

/**
 * A 412 with the representation that its caller would read again, and the tag of exactly that one. It is the answer of the GET's own
 * handler to this very principal, so there is nothing in it that the caller could not read, and no second place that renders it. What
 * has no GET on its path, is gone meanwhile, or is longer than `LIMITS.carriedBytes` is left out: the caller reads again then.
 */
export async function carryCurrent(refusal: Refusal, route: Route, call: Call, ports: Ports): Promise<Refusal> {
  const read = refusal.status === 412 ? readWithTag(route) : undefined;
  const answer = read && (await readNow(read, call, ports));
  if (!answer?.tagged || Buffer.byteLength(JSON.stringify(answer.body)) > LIMITS.carriedBytes) return refusal;
  const headers = { ...refusal.headers, etag: formatETag(answer.tagged) };
  return new Refusal(412, refusal.message, { code: refusal.code, headers, current: answer.body });
}
