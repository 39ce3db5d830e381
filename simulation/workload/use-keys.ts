import { ROLES } from '@openkupe/contract';
import type { Program, Tenancy } from './program.ts';

/** Issues API keys, uses each, revokes it, and uses it again, which has to be refused. */
export async function useKeys(program: Program, { marker }: Tenancy): Promise<void> {
  const { client, clientWith, dice, newId, attempt, read, pause, isOver } = program;

  async function use(apiKey: string): Promise<void> {
    const { clusters } = clientWith(apiKey);
    for (let times = dice.between(1, 3); times > 0; times -= 1) {
      await read(() => clusters.list());
      await pause();
    }
  }
  while (!isOver()) {
    await pause();
    const id = newId();
    const body = { displayName: `${marker} ${id}`, role: dice.pick(ROLES) };
    const issued = await attempt({ kind: 'issue-key', id, name: id }, () => client.apiKeys.create(body));
    if (!issued) continue;
    const { id: name, key } = issued.value;
    await use(key);
    await attempt({ kind: 'revoke-key', id: newId(), name }, () => client.apiKeys.delete(name));
    await use(key);
  }
}
