import type { Clock } from '@openkupe/contract/clock';
import type { AttemptRecord, Client, ClientEvent } from '@openkupe/sdk';
import type { Credentials } from './settings/settings.ts';
import { VERSION } from './version.ts';

export type { Client };

interface ClientScene {
  readonly clock: Clock;
  /** Tells on stderr what the client is doing about trouble. */
  note(text: string): void;
}

const TROUBLE: Partial<Record<AttemptRecord['outcome'], string>> = {
  'rate-limited': 'Rate limited',
  internal: 'The server failed',
  unavailable: 'The server is not available',
  unreachable: 'The server cannot be reached',
  'no-answer': 'The server did not answer',
};

/** Tells on stderr what the client is doing about trouble, so that a long silence has a reason. */
function narrate(note: (text: string) => void): (event: ClientEvent) => void {
  let last: AttemptRecord | undefined;
  return (event) => {
    if (event.type === 'attempt') last = event.record;
    if (event.type === 'wait') {
      const trouble = (last && TROUBLE[last.outcome]) ?? 'No success';
      note(`${trouble}; trying again in ${Math.max(1, Math.round(event.waitMs / 1_000))} s (attempt ${last?.attempt ?? 1} failed).`);
    }
    if (event.type === 'conflict' && event.round < event.rounds) {
      note(`Someone else changed it meanwhile; applying the change to the new state (try ${event.round + 1} of ${event.rounds}).`);
    }
    if (event.type === 'recovered') note('An answer was lost on the way; the change had been made.');
  };
}

/** A client with those credentials. Public routes send neither tenant nor key. */
export async function connect(credentials: Credentials, { clock, note }: ClientScene): Promise<Client> {
  // NOTE: loaded when used; help, version and misuse must not pay for it.
  const { createClient } = await import('@openkupe/sdk');
  return createClient({ ...credentials, clock, userAgent: `openkupe/${VERSION}`, onEvent: narrate(note) });
}
