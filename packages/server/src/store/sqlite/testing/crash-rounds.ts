import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Store } from '../../store.ts';

const WRITER = join(import.meta.dirname, 'commit-until-killed.ts');

/** A write that the store acknowledged before its process was killed. */
export interface Acknowledged {
  readonly revision: number;
  readonly name: string;
  readonly count: number;
}

/** Starts the writer, kills it `lifeMs` milliseconds after its first acknowledged write, and returns everything it had acknowledged. */
export async function killAfter(lifeMs: number, folder: string, life: number, atFirstWrite = () => {}): Promise<Acknowledged[]> {
  const writer = spawn(process.execPath, [WRITER, folder, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (printed === '') {
      setTimeout(() => writer.kill('SIGKILL'), lifeMs);
      atFirstWrite();
    }
    printed += text;
  });
  const [, signal] = await once(writer, 'close');
  expect(signal).toBe('SIGKILL');
  const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n');
  return whole.map((line) => {
    const [revision, name = '', count] = line.split(' ');
    return { revision: Number(revision), name, count: Number(count) };
  });
}

/** Every acknowledged write is there, nothing is there by half, and no revision can come a second time. */
export async function expectWhole(store: Store, acknowledged: readonly Acknowledged[], round: string): Promise<void> {
  const clusters = new Map((await store.list('cluster')).map((one) => [one.name, one]));
  const apiKeys = new Map((await store.list('api-key')).map((one) => [one.name, one]));
  const audited = new Map((await store.audit('acme', 1_000_000)).map((row) => [row.revision, row.requestId]));
  for (const { revision, name, count } of acknowledged) {
    expect(audited.get(revision), round).toBe(`${name}/${count}`);
    expect(Number(clusters.get(name)?.spec.displayName), round).toBeGreaterThanOrEqual(count);
    expect(Number(clusters.get(name)?.resourceVersion), round).toBeGreaterThanOrEqual(revision);
  }
  for (const [name, cluster] of clusters) {
    expect(apiKeys.get(name)?.spec.displayName, round).toBe(cluster.spec.displayName);
    expect(apiKeys.get(name)?.resourceVersion, round).toBe(cluster.resourceVersion);
    expect(audited.get(Number(cluster.resourceVersion)), round).toBe(`${name}/${cluster.spec.displayName}`);
  }
  const events = await store.events(0, 1_000_000);
  for (const event of events) expect(event.message, round).toBe(audited.get(event.revision));
  const next = await store.commit({ at: 1, writes: [] });
  const newest = Math.max(...audited.keys());
  expect(next, round).toEqual({ outcome: 'written', revision: newest + 1 });
}
