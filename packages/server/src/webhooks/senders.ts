import { createWakeSignal, type WakeSignal } from '../reconciler/wake-signal.ts';
import type { ResourceKey } from '../store/resource.ts';
import { type SenderPorts, sendDue } from './sender.ts';

/** One sender for each webhook that has something to do. */
export interface Senders {
  /** Makes a webhook look for what is due; once more, if it is looking already. */
  wake(key: ResourceKey<'webhook'>): void;
  /** Begins no attempt any more. Resolves when the attempts that are under way have ended. */
  stop(): Promise<void>;
}

interface Sender {
  readonly signal: WakeSignal;
  isWoken: boolean;
  ended: Promise<void>;
}

const RETRY_MS = 5_000;

/** Makes the senders. `onGone` is called for a key that there is no webhook of. */
export function createSenders(ports: SenderPorts, onGone: (key: ResourceKey<'webhook'>) => void): Senders {
  const senders = new Map<string, Sender>();
  let isStopping = false;

  async function send(key: ResourceKey<'webhook'>, sender: Sender): Promise<void> {
    sender.isWoken = false;
    try {
      const outcome = await sendDue(key, sender.signal, () => isStopping, ports);
      // NOTE: a wake meanwhile may be that of a later webhook of the same name.
      if (outcome === 'gone' && !sender.isWoken) onGone(key);
    } catch (error) {
      if (isStopping) return;
      const { tenant, name: webhook } = key;
      ports.log.warn({ tenant, webhook, error: String(error) }, 'a webhook could not be served now, and will be tried again');
      await sender.signal.wait(RETRY_MS);
      sender.isWoken = true;
    }
  }

  async function run(key: ResourceKey<'webhook'>, id: string, sender: Sender): Promise<void> {
    do await send(key, sender);
    while (sender.isWoken && !isStopping);
    senders.delete(id);
  }

  return {
    wake(key) {
      if (isStopping) return;
      const id = `${key.tenant}/${key.name}`;
      const running = senders.get(id);
      if (running) {
        running.isWoken = true;
        return running.signal.wake();
      }
      const sender: Sender = { signal: createWakeSignal(ports.clock), isWoken: false, ended: Promise.resolve() };
      senders.set(id, sender);
      sender.ended = run(key, id, sender);
    },
    async stop() {
      isStopping = true;
      for (const { signal } of senders.values()) signal.wake();
      await Promise.all([...senders.values()].map(({ ended }) => ended));
    },
  };
}
