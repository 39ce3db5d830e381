import type { Route } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import { loadPlatform } from '../platform/platform.ts';
import { HANDLERS } from '../routes/index.ts';
import type { Answer, Call } from './handler.ts';
import type { Ports } from './ports.ts';

/** What this caller would be answered by the GET route `read` now; `undefined` where that would be a refusal, such as a 404. */
export async function readNow(read: Route, call: Call, ports: Ports): Promise<Answer | undefined> {
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
