import type { Clock } from '@openkupe/contract';
import { type Client, createClient, KupeError } from '../../packages/sdk/src/index.ts';
import type { Dice } from '../world/dice.ts';
import { createNetwork } from '../world/network.ts';
import type { Ended } from '../world/observers.ts';
import { createProcessClock } from '../world/process-clock.ts';
import type { Replicas } from '../world/replica.ts';
import type { Sender } from '../world/server-side.ts';
import { note, type World } from '../world/world.ts';

/** A client program: a process of its own with the real SDK. */
export interface Program {
  readonly sender: Sender;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly client: Client;
  /** A client with another key over the same network. */
  clientWith(apiKey: string): Client;
  /** A client for another tenant, with the key of this one. */
  clientOf(tenant: string): Client;
  /** Waits as long as a person or a script does between two operations. */
  pause(): Promise<void>;
  /** Whether the faults have stopped: nothing more is begun then. */
  isOver(): boolean;
  /** A new id that no operation had before. */
  newId(): string;
  /** Carries out one operation, and reports how it ended. Its result; `undefined` where it failed. */
  attempt<T>(operation: Pick<Ended, 'kind' | 'id' | 'name'>, act: () => Promise<T>): Promise<T | undefined>;
  /** Carries out what changes nothing that is counted. */
  read<T>(act: () => Promise<T>): Promise<T | undefined>;
}

/** What a tenant needs for its clients. */
export interface Tenancy {
  readonly tenant: string;
  readonly apiKey: string;
  /** A word that is in everything that the tenant writes, and in nothing of another. */
  readonly marker: string;
}

const HOST = 'https://api.simulated.example';

/** A program of a tenant. `number` tells its address from that of others. */
export function createProgram(world: World, replicas: Replicas, { tenant, apiKey }: Tenancy, kind: string, number: number): Program {
  const sender: Sender = { name: `${tenant}-${kind}${number}`, isAlive: true, tenant, address: `10.0.0.${number}` };
  const dice = world.dice.named(sender.name);
  const clock = createProcessClock(world.schedule, sender, { wallOffsetMs: dice.between(-5_000, 5_000) });
  const transport = createNetwork(world, replicas, sender);
  let ids = 0;
  const parts = { host: HOST, clock, random: dice, transport };
  const clientWith = (key: string) => createClient({ ...parts, tenant, apiKey: key });

  function outcomeOf(error: unknown): Ended['outcome'] {
    if (error instanceof KupeError) return error.outcome;
    world.observers.fail('program', error);
    return 'unknown';
  }
  return {
    sender,
    clock,
    dice,
    client: clientWith(apiKey),
    clientWith,
    clientOf: (other) => createClient({ ...parts, tenant: other, apiKey }),
    pause: () => clock.sleep(dice.between(0, world.weather.thinkMs)),
    isOver: () => world.isCalm,
    newId: () => `${sender.name}-${++ids}`,
    async attempt(operation, act) {
      const beganMs = world.schedule.nowMs;
      const end = (outcome: Ended['outcome']) => {
        note(world, sender, `${operation.kind} ${operation.id} of ${operation.name}: ${outcome}`);
        world.observers.ended({ ...operation, client: sender.name, tenant, outcome, beganMs, endedMs: world.schedule.nowMs });
      };
      try {
        const result = await act();
        end('applied');
        return result;
      } catch (error) {
        end(outcomeOf(error));
        return undefined;
      }
    },
    async read(act) {
      try {
        return await act();
      } catch (error) {
        outcomeOf(error);
        return undefined;
      }
    },
  };
}
