import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterEngine } from '../engine.ts';
import { describeEngine, type EngineUnderTest } from '../engine-conformance.ts';
import { createCachedClient } from '../kubernetes/cached-client.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { hostNamespace } from '../kubernetes/labels.ts';
import { refsOfLife, withRefs } from '../testing/refs-of-life.ts';
import { FOLLOWED } from './host-object.ts';
import { SETTINGS } from './testing/samples.ts';
import { createStandIn, NODE_PORTS, PROGRAMS, type StandIn } from './testing/stand-in.ts';
import { createVclusterEngine } from './vcluster-engine.ts';

const settings = { ...SETTINGS, exposure: { by: 'node-port', host: '127.0.0.1' } } as const;
/** While it starts, runs, is upgraded, and is deleted. */
const RESTARTS = [4, 7, 10, 16];
const SLOW_MS = 180_000;

describe.skipIf(!PROGRAMS)(`on a real host, with real API servers in place of vCluster ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let standIn: StandIn;
  let lives = 0;
  beforeAll(async () => {
    host = await startHost({ nodes: 1, apiServerFlags: [NODE_PORTS] });
    standIn = await createStandIn(host);
  }, SLOW_MS);
  afterAll(async () => {
    await standIn?.end();
    await host?.end();
  });

  function open(): ClusterEngine {
    const ports = { client: createKubernetesClient(host), clock: systemClock, random: systemRandom };
    return createVclusterEngine({ host: createCachedClient(ports, FOLLOWED), settings, clock: systemClock });
  }

  async function make(): Promise<EngineUnderTest> {
    lives += 1;
    const refs = refsOfLife(lives, 'shared');
    const namespaces = refs.map(hostNamespace);
    let engine = open();
    return {
      current: () => withRefs(engine, lives),
      async restart() {
        await engine.close();
        engine = open();
      },
      async elapse() {
        await standIn.settle(namespaces);
        for (const ref of refs) {
          for (;;) {
            const { exists, isRolledOut } = await engine.observe(ref);
            if (!exists || isRolledOut) break;
            await systemClock.sleep(50);
          }
        }
      },
      async end() {
        await engine.close();
        // NOTE: nobody waits for their deletion: the next test has clusters of its own.
        for (const name of namespaces) {
          await standIn.remove(name);
          await host.ask('DELETE', `/api/v1/namespaces/${name}`);
        }
      },
    };
  }
  describeEngine('vcluster', make, { restartsAt: RESTARTS, storyMs: 300_000 });
});
