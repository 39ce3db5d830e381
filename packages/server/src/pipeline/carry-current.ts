import { formatETag, LIMITS, type Route, readWithTag } from '@openkupe/contract';
import { loadPlatform } from '../platform/platform.ts';
import type { Ports } from '../ports.ts';
import { Refusal } from '../refusal.ts';
import { HANDLERS } from '../routes/index.ts';
import type { Answer, Call } from './handler.ts';

/** What this caller would be answered by a GET now; nothing where that would be a refusal, such as a 404. */
async function readNow(read: Route, call: Call, ports: Ports): Promise<Answer | undefined> {
  const handler = HANDLERS[read.id as keyof typeof HANDLERS];
  try {
    const [loaded, platform] = await Promise.all([handler.run({ ...call, body: undefined }, ports.store), loadPlatform(ports)]);
    const decision = loaded.decide({ ...ports, ...platform });
    return 'writes' in decision ? undefined : decision.answer;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

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
