import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../store/resource.ts';
import { type ClusterEngine, type ClusterRef, NOTHING } from './engine.ts';
import { getOverTls } from './testing/get-over-tls.ts';

/** An engine with what a test needs around it. */
export interface EngineUnderTest {
  /** The engine as it is now: another object after `restart`. */
  current(): ClusterEngine;
  /** Stops the engine and starts another one on what it left behind. */
  restart(): Promise<void>;
  /** Lets enough time pass for everything that was started to finish. */
  elapse(): Promise<void>;
  /** Stops the engine and removes what it left behind. */
  end(): Promise<void>;
}

const REF: ClusterRef = { tenant: 'acme', name: 'production', uid: 'uid-one', type: 'shared' };

function specOf(version: string, cpu = '1'): ClusterSpec {
  return { displayName: 'Production', type: 'shared', version, resources: { cpu, memory: '2Gi' }, highAvailability: false };
}

/** What an engine on real time asks of the suite. */
export interface SuiteOptions {
  /** Before which steps of the story it is restarted, all in one story; when absent, before every step, in a story for each. */
  readonly restartsAt?: readonly number[];
  /** How long the stories may take, in milliseconds; the default of the suite when absent. */
  readonly storyMs?: number;
}

/** The promises of the {@link ClusterEngine} port, to be run for every engine. */
export function describeEngine(name: string, make: () => Promise<EngineUnderTest>, { restartsAt, storyMs }: SuiteOptions = {}): void {
  describe(`the ${name} engine as a cluster engine`, () => {
    let test: EngineUnderTest;
    let newer: string;
    let older: string;
    beforeEach(async () => {
      test = await make();
      [newer = '', older = ''] = test
        .current()
        .versions()
        .map(({ minor }) => minor);
    });
    afterEach(() => test.end());

    const fullOf = (minor: string) =>
      test
        .current()
        .versions()
        .find((version) => version.minor === minor)?.full;

    it('lists at least two versions, newest first, with a default', () => {
      const versions = test.current().versions();
      const minors = versions.map(({ minor }) => Number(minor.split('.')[1]));
      expect(minors.length).toBeGreaterThan(1);
      expect(minors).toEqual([...new Set(minors)].sort((a, b) => b - a));
      for (const { minor, full } of versions) expect(full).toMatch(new RegExp(`^v${minor.replace('.', '\\.')}\\.\\d+$`));
      expect(versions.some((version) => !version.isRetiring)).toBe(true);
    });

    it('answers for a cluster that it does not know', async () => {
      expect(await test.current().observe(REF)).toEqual(NOTHING);
      expect(await test.current().access(REF)).toBeUndefined();
      expect(await test.current().destroy(REF)).toBe('gone');
      expect(await test.current().observe(REF)).toEqual(NOTHING);
    });

    it('makes a cluster that answers at its endpoint under its own authority', async () => {
      await test.current().apply(REF, specOf(older), 1);
      expect(await test.current().observe(REF)).toMatchObject({ exists: true, isReady: false, isRolledOut: false, appliedGeneration: 1 });
      await test.elapse();
      const full = fullOf(older);
      const expected = { exists: true, isReady: true, isRolledOut: true, appliedGeneration: 1, runningVersion: full, isFaulty: false };
      expect(await test.current().observe(REF)).toMatchObject({ ...expected, reason: '' });
      const access = await test.current().access(REF);
      expect(access?.endpoint).toMatch(/^https:\/\//);
      expect(access?.caPem).toContain('-----BEGIN CERTIFICATE-----');
      const answer = await getOverTls(access?.endpoint ?? '', access?.caPem ?? '', '/version');
      expect(JSON.parse(answer.body)).toMatchObject({ gitVersion: full });
    });

    it('says why a cluster is not ready yet', async () => {
      await test.current().apply(REF, specOf(older), 1);
      expect((await test.current().observe(REF)).reason).not.toBe('');
    });

    it('reports the old version until an upgrade is rolled out, and keeps endpoint and authority through it', async () => {
      await test.current().apply(REF, specOf(older), 1);
      await test.elapse();
      const before = await test.current().access(REF);
      await test.current().apply(REF, specOf(newer), 2);
      const during = await test.current().observe(REF);
      expect(during).toMatchObject({ isRolledOut: false, appliedGeneration: 2, runningVersion: fullOf(older) });
      expect(await test.current().access(REF)).toEqual(before);
      await test.elapse();
      expect(await test.current().observe(REF)).toMatchObject({ isRolledOut: true, appliedGeneration: 2, runningVersion: fullOf(newer) });
      expect(await test.current().access(REF)).toEqual(before);
    });

    it('brings every change that was applied while it was made into effect', async () => {
      for (let generation = 1; generation <= 9; generation += 1) {
        await test.current().apply(REF, specOf(generation < 9 ? older : newer, String(generation)), generation);
      }
      await test.elapse();
      expect(await test.current().observe(REF)).toMatchObject({ isRolledOut: true, appliedGeneration: 9, runningVersion: fullOf(newer) });
    });

    it('lets an older generation change nothing', async () => {
      await test.current().apply(REF, specOf(newer), 2);
      await test.current().apply(REF, specOf(older), 1);
      await test.elapse();
      expect(await test.current().observe(REF)).toMatchObject({ isRolledOut: true, appliedGeneration: 2, runningVersion: fullOf(newer) });
    });

    it('destroys without waiting, and is done when it says so', async () => {
      await test.current().apply(REF, specOf(older), 1);
      await test.elapse();
      const access = await test.current().access(REF);
      await test.current().observe(REF);
      expect(await test.current().destroy(REF)).toBe('deleting');
      expect(await test.current().observe(REF)).toMatchObject({ exists: true, isReady: false });
      await test.elapse();
      expect(await test.current().destroy(REF)).toBe('gone');
      expect(await test.current().observe(REF)).toEqual(NOTHING);
      expect(await test.current().access(REF)).toBeUndefined();
      await expect(getOverTls(access?.endpoint ?? '', access?.caPem ?? '', '/version')).rejects.toThrow();
    });

    it('keeps clusters of one name apart by their uid', async () => {
      const successor = { ...REF, uid: 'uid-two' };
      await test.current().apply(REF, specOf(older), 1);
      await test.elapse();
      await test.current().destroy(REF);
      await test.current().apply(successor, specOf(newer), 1);
      await test.elapse();
      expect(await test.current().destroy(REF)).toBe('gone');
      expect(await test.current().observe(successor)).toMatchObject({ isReady: true, runningVersion: fullOf(newer) });
    });

    it('takes Secrets once it is ready, keeps one owner’s from the other, and removes what it is asked to', async () => {
      const secret = { namespace: 'default', name: 'database', owner: 'uid-secret', version: '1', data: { password: 'x' } };
      const rival = { ...secret, owner: 'uid-rival' };
      expect(await test.current().putSecret(REF, secret)).toBe('not-ready');
      expect(await test.current().deleteSecret(REF, secret)).toBe('gone');
      await test.current().apply(REF, specOf(older), 1);
      expect(await test.current().putSecret(REF, secret)).toBe('not-ready');
      await test.elapse();
      await test.current().observe(REF);
      for (const version of ['1', '1', '2']) expect(await test.current().putSecret(REF, { ...secret, version })).toBe('stored');
      expect(await test.current().putSecret(REF, rival)).toBe('owned-by-another');
      expect(await test.current().deleteSecret(REF, rival)).toBe('gone');
      expect(await test.current().putSecret(REF, rival)).toBe('owned-by-another');
      for (const _time of [1, 2]) expect(await test.current().deleteSecret(REF, secret)).toBe('gone');
      expect(await test.current().putSecret(REF, rival)).toBe('stored');
    });

    it('can be asked anything by several callers at once', async () => {
      await Promise.all([1, 2, 3].map((generation) => test.current().apply(REF, specOf(older), generation)));
      await test.elapse();
      const seen = await Promise.all([1, 2, 3].flatMap(() => [test.current().observe(REF), test.current().access(REF)]));
      expect(seen[0]).toMatchObject({ isReady: true, appliedGeneration: 3 });
      expect(new Set(seen.map((item) => JSON.stringify(item))).size).toBe(2);
    });

    describe('tells the same story', storyMs === undefined ? {} : { timeout: storyMs }, () => {
      const verbs = {
        'apply 1': () => test.current().apply(REF, specOf(older), 1),
        'apply 2': () => test.current().apply(REF, specOf(newer), 2),
        observe: () => test.current().observe(REF),
        access: async () => (await test.current().access(REF))?.caPem.includes('BEGIN CERTIFICATE') ?? 'none',
        destroy: () => test.current().destroy(REF),
        elapse: () => test.elapse(),
      };
      const story: (keyof typeof verbs)[] = [
        ...(['observe', 'access', 'destroy', 'apply 1', 'observe', 'access', 'elapse', 'observe', 'access'] as const),
        ...(['apply 2', 'observe', 'access', 'elapse', 'observe', 'access'] as const),
        ...(['destroy', 'observe', 'access', 'elapse', 'destroy', 'observe', 'access'] as const),
      ];

      async function tell(before: (at: number) => Promise<unknown>): Promise<unknown[]> {
        const results: unknown[] = [];
        for (const [at, verb] of story.entries()) {
          await before(at);
          results.push([verb, await verbs[verb]()]);
        }
        await test.end();
        test = await make();
        return results;
      }

      let plain: unknown[] | undefined;
      /** The story with nothing in between, made once for every test of it. */
      async function untouched(): Promise<unknown[]> {
        plain ??= await tell(async () => {});
        return plain;
      }

      it('when every verb is called twice', async () => {
        const twice = await tell(async (at) => {
          const verb = story[at];
          if (verb && verb !== 'elapse') await verbs[verb]();
        });
        expect(twice).toEqual(await untouched());
      });

      it(restartsAt ? 'when it is restarted on the way' : 'when it is restarted between any two verbs', async () => {
        for (const restarts of restartsAt ? [restartsAt] : [...story.keys()].map((at) => [at])) {
          expect(await tell(async (at) => restarts.includes(at) && (await test.restart()))).toEqual(await untouched());
        }
      });
    });
  });
}
