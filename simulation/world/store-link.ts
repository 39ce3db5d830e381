import type { EmbeddedStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { type Change, type CommitOutcome, StoreUnavailableError } from '../../packages/server/src/store/store.ts';
import type { BeginTerm } from '../../packages/server/src/store/term.ts';
import { hasNews } from '../../packages/server/src/store/write-methods.ts';
import type { Dice } from './dice.ts';
import type { Owner } from './schedule.ts';
import { note, type World } from './world.ts';

/** Calls whose effect outlives a lost answer. Every other call is a read. */
const WRITES = new Set([
  'commit',
  'leaseWork',
  'finishWork',
  'forgetIdempotencyRecords',
  'forgetAudit',
  'forgetEvents',
  'keepSecretsCheck',
  'keepKnownTime',
  'ping',
]);

/** Processes that share a store are notified of each other's commits. */
export interface Notices {
  /** Calls `listener` on every commit of another process. */
  listen(owner: Owner, listener: () => void): void;
  publish(from: Owner): void;
}

/** Notices arrive late, or never, as those of a connection that breaks. */
export function createNotices(world: World): Notices {
  const listeners = new Map<Owner, () => void>();
  const dice = world.dice.named('notices');
  return {
    listen: (owner, listener) => void listeners.set(owner, listener),
    publish(from) {
      for (const [owner, listener] of listeners) {
        if (!owner.isAlive) listeners.delete(owner);
        else if (owner !== from && !dice.chance(world.weather.lostNotice)) {
          world.schedule.after(dice.between(0, world.weather.storeMs), owner, 'notice', listener);
        }
      }
    },
  };
}

/** The store as one process has it: every call takes time, and happens or not. */
export interface StoreLink {
  readonly store: EmbeddedStore;
  /** From now on calls are messages. Before it, while the process starts, they are direct. */
  connect(): void;
}

/** What a process is linked to. */
export interface LinkParts {
  readonly open: () => EmbeddedStore;
  readonly notices: Notices;
  /** Absent where every process works on what is due. */
  readonly beginTerm: BeginTerm | undefined;
  readonly isShared: boolean;
}

/** How a broken connection ends a call: before it happened, or after it. */
type Break = 'before' | 'after' | undefined;

function drawBreak(dice: Dice, chance: number, isWrite: boolean): Break {
  if (!dice.chance(chance)) return undefined;
  return isWrite ? dice.pick(['before', 'after']) : 'before';
}

/**
 * Links a process to the store. On a shared store a call is a message: it may be executed although its process has died, or its answer is lost
 * ({@link StoreUnavailableError}, executed "unknown"). The embedded store dies with its process, and loses nothing. Writes of one process are
 * executed in the order in which they were made, as the port promises.
 */
export function linkStore(world: World, owner: Owner, { open, notices, beginTerm, isShared }: LinkParts): StoreLink {
  const { schedule, observers } = world;
  const dice = world.dice.named(`store of ${owner.name}`);
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  notices.listen(owner, notify);
  let isDirect = true;
  let lastWriteMs = 0;
  const messageOwner = isShared ? undefined : owner;
  const delay = () => dice.between(0, world.weather.storeMs);

  async function execute(method: string, args: readonly unknown[]): Promise<unknown> {
    const target = open() as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>;
    const result = await target[method]?.(...args);
    await observers.stored({ replica: owner, method, args, result, atMs: schedule.nowMs });
    if (WRITES.has(method)) note(world, owner, `store ${method} ${describe(method, args, result)}`);
    if (isAnnounced(method, args, result)) notices.publish(owner);
    return result;
  }
  function call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (isDirect) return execute(method, args);
    const isWrite = WRITES.has(method);
    const broken = isShared ? drawBreak(dice, world.weather.storeFailure, isWrite) : undefined;
    const atMs = isWrite ? Math.max(lastWriteMs, schedule.nowMs + delay()) : schedule.nowMs + delay();
    if (isWrite) lastWriteMs = atMs;
    return new Promise((resolve, reject) => {
      if (broken === 'before') {
        schedule.after(atMs - schedule.nowMs, owner, `store ${method} is lost`, () => reject(lost(isWrite && dice.chance(0.5))));
        return;
      }
      const answer = (settle: () => void) => {
        if (!isWrite) return owner.isAlive ? settle() : undefined;
        schedule.after(delay(), owner, `store answers ${method}`, settle);
      };
      schedule.after(atMs - schedule.nowMs, messageOwner, `store ${method}`, () => {
        execute(method, args).then(
          (result) => answer(() => (broken === 'after' ? reject(lost(true)) : settled(method, args, result, resolve))),
          (error) => answer(() => reject(error)),
        );
      });
    });
  }
  function settled(method: string, args: readonly unknown[], result: unknown, resolve: (result: unknown) => void): void {
    resolve(result);
    if (isAnnounced(method, args, result)) notify();
  }

  const own: Partial<EmbeddedStore> & Pick<LinkParts, 'beginTerm'> = {
    beginTerm,
    isInPlace: () => true,
    requirePlace: () => {},
    failure: () => undefined,
    close: async () => {},
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const store = new Proxy(own, {
    get: (given, name: string) => (name in given ? given[name as keyof EmbeddedStore] : (...args: readonly unknown[]) => call(name, args)),
  });
  return {
    store: store as EmbeddedStore,
    connect() {
      isDirect = false;
    },
  };
}

/** Whether other processes are notified of a call, once it has returned. */
const isAnnounced = (method: string, args: readonly unknown[], result: unknown) =>
  method === 'commit' && (result as CommitOutcome).outcome === 'written' && hasNews(args[0] as Change);

function lost(isExecuted: boolean): StoreUnavailableError {
  return new StoreUnavailableError('The connection to the simulated store broke; retry', { executed: isExecuted ? 'unknown' : 'no' });
}

/** What a write did, for the trace. */
function describe(method: string, [first]: readonly unknown[], result: unknown): string {
  if (method !== 'commit') return JSON.stringify(result) ?? '';
  const { writes } = first as Change;
  const outcome = result as CommitOutcome;
  const what = writes.map(({ verb, key }) => `${verb} ${key.kind}/${key.tenant}/${key.name}`).join(', ');
  return `${what} → ${outcome.outcome}${'revision' in outcome ? ` ${outcome.revision}` : ''}`;
}
