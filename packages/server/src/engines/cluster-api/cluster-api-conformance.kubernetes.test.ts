import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, beforeAll, describe } from 'vitest';
import { applyClass, installDefinitions } from '../../../../../conformance/kubernetes/cluster-api-host.ts';
import { type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterEngine, ClusterRef } from '../engine.ts';
import { describeEngine, type EngineUnderTest } from '../engine-conformance.ts';
import { createCachedClient } from '../kubernetes/cached-client.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { hostNamespace } from '../kubernetes/labels.ts';
import { refsOfLife, withRefs } from '../testing/refs-of-life.ts';
import { createClusterApiEngine } from './cluster-api-engine.ts';
import { FOLLOWED } from './host-resources.ts';
import { IN_MEMORY } from './testing/settings.ts';
import { type ClusterApiStandIn, createClusterApiStandIn, PROGRAMS } from './testing/stand-in.ts';

const tokenReview = { url: 'https://127.0.0.1:1/webhook/token-review', credentialFor: (uid: string) => `${uid}.mac` };
/** While it starts, runs, is upgraded, and is deleted. */
const RESTARTS = [4, 7, 10, 16];

describe.skipIf(!PROGRAMS)(`on a real host, with a stand-in for the controllers of Cluster API ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let standIn: ClusterApiStandIn;
  let lives = 0;
  beforeAll(async () => {
    host = await startHost();
    await installDefinitions(host);
    await applyClass(host, IN_MEMORY.clusterClass.namespace, '1s');
    standIn = await createClusterApiStandIn(host);
  }, 180_000);
  afterAll(async () => {
    await standIn?.end();
    await host?.end();
  });

  function open(): ClusterEngine {
    const ports = { client: createKubernetesClient(host), clock: systemClock, random: systemRandom };
    return createClusterApiEngine({ host: createCachedClient(ports, FOLLOWED), settings: IN_MEMORY, clock: systemClock, tokenReview });
  }

  async function make(): Promise<EngineUnderTest> {
    lives += 1;
    const refs = refsOfLife(lives, 'dedicated');
    const namespaces = refs.map(hostNamespace);
    const destroyed = new Set<string>();
    let engine = open();
    /** Asks again for what was asked for, as the reconciler does. */
    async function isAtRest(ref: ClusterRef): Promise<boolean> {
      if (destroyed.has(ref.uid)) await engine.destroy(ref);
      const { exists, isRolledOut } = await engine.observe(ref);
      return !exists || isRolledOut;
    }
    return {
      current() {
        const noted: ClusterEngine = {
          ...engine,
          apply(ref, spec, generation) {
            destroyed.delete(ref.uid);
            return engine.apply(ref, spec, generation);
          },
          destroy(ref) {
            destroyed.add(ref.uid);
            return engine.destroy(ref);
          },
        };
        return withRefs(noted, lives);
      },
      async restart() {
        await engine.close();
        engine = open();
      },
      async elapse() {
        for (;;) {
          const isDone = await standIn.act(namespaces);
          const atRest = await Promise.all(refs.map(isAtRest));
          if (isDone && atRest.every(Boolean)) return;
          await systemClock.sleep(50);
        }
      },
      async end() {
        await engine.close();
        for (const name of namespaces) {
          await standIn.remove(name);
          await host.ask('DELETE', `/api/v1/namespaces/${name}`);
        }
      },
    };
  }
  describeEngine('cluster-api', make, { restartsAt: RESTARTS, storyMs: 300_000 });
});
