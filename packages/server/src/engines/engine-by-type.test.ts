import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import type { ClusterEngine } from './engine.ts';
import { createEngineByType } from './engine-by-type.ts';
import { createSandboxEngine } from './sandbox/sandbox-engine.ts';

const SPEC = { displayName: '', version: '1.35', resources: {}, highAvailability: false } as const;
const REF = { tenant: 'acme', name: 'web', uid: 'uid-one' } as const;

async function sandbox(versions: readonly string[]): Promise<ClusterEngine> {
  const durations = { provisioningMs: 0, upgradingMs: 0, terminatingMs: 0 };
  const random = createSeededRandom(1);
  const engine = await createSandboxEngine({ folder: scratchFolder(), clock: createManualClock(), random, durations });
  onTestFinished(() => engine.close());
  return {
    ...engine,
    versions: () => engine.versions().filter(({ minor }) => versions.includes(minor)),
    validate: () => [{ message: versions.join() }],
  };
}

describe('an engine for each type', () => {
  let engine: ClusterEngine;
  let shared: ClusterEngine;
  let dedicated: ClusterEngine;
  beforeEach(async () => {
    shared = await sandbox(['1.34', '1.35']);
    dedicated = await sandbox(['1.33', '1.34']);
    engine = createEngineByType({ shared, dedicated });
  });

  it('gives every call to the engine of the type', async () => {
    await engine.apply({ ...REF, type: 'dedicated' }, { ...SPEC, type: 'dedicated' }, 1);
    expect(await engine.observe({ ...REF, type: 'dedicated' })).toMatchObject({ exists: true });
    expect(await dedicated.observe({ ...REF, type: 'dedicated' })).toMatchObject({ exists: true });
    expect(await engine.observe({ ...REF, type: 'shared' })).toMatchObject({ exists: false });
    expect(engine.validate({ ...SPEC, type: 'shared' })).toEqual([{ message: '1.34,1.35' }]);
    expect(engine.validate({ ...SPEC, type: 'dedicated' })).toEqual([{ message: '1.33,1.34' }]);
  });

  it('lists the versions of a type, and those of both newest first', () => {
    const minors = (type?: 'shared' | 'dedicated') => engine.versions(type).map(({ minor }) => minor);
    expect(minors('shared')).toEqual(['1.35', '1.34']);
    expect(minors('dedicated')).toEqual(['1.34', '1.33']);
    expect(minors()).toEqual(['1.35', '1.34', '1.33']);
  });
});
