import type { Program } from './program.ts';

/** Asks for what is another tenant's, with a key of its own. */
export async function intrude({ clientOf, dice, read, pause, isOver }: Program, other: string): Promise<void> {
  const { clusters, apiKeys, tenant, events } = clientOf(other);
  const attempts: readonly [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
    () => clusters.list(),
    () => clusters.get('one'),
    () => clusters.patch('one', { version: '1.34' }),
    () => clusters.delete('one'),
    () => clusters.explain('two'),
    () => apiKeys.list(),
    () => tenant.get(),
    () => events.list(),
  ];
  while (!isOver()) {
    await pause();
    await read(dice.pick(attempts));
  }
}
