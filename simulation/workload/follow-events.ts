import type { World } from '../world/world.ts';
import type { Program } from './program.ts';

/** Follows the events of the tenant from its first on, for as long as the world exists. */
export async function followEvents(world: World, { client, sender, read }: Program): Promise<void> {
  const { name, tenant } = sender;
  await read(async () => {
    for await (const notice of client.events.watch({ after: 0 })) {
      if ('resync' in notice) {
        const unasked = new Error(`the stream of ${name} was asked to read again, and nothing was forgotten`);
        return world.observers.fail('events-once-in-order', unasked);
      }
      world.observers.watched({ client: name, tenant, event: notice.event });
    }
  });
}
