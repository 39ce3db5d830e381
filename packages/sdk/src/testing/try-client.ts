import type { Cluster } from '@openkupe/contract/resources/cluster';
import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { type Client, type ClientOptions, createClient } from '../client.ts';
import type { ClientEvent } from '../events.ts';
import { createScriptedTransport, type ScriptedTransport, type ScriptStep } from './scripted-transport.ts';

/** A client under test and what it is tested with. */
export interface Trial {
  readonly client: Client;
  readonly clock: ManualClock;
  readonly transport: ScriptedTransport;
  readonly events: ClientEvent[];
  /** The requests so far, as `GET /api/…`. */
  lines(): string[];
}

/** A client on a manual clock against a script; its random numbers repeat. */
export function tryClient(steps: readonly ScriptStep[], options: Partial<ClientOptions> & { isLastRepeated?: boolean } = {}): Trial {
  const clock = createManualClock();
  const { isLastRepeated = false, ...rest } = options;
  const transport = createScriptedTransport(clock, steps, { isLastRepeated });
  const events: ClientEvent[] = [];
  const client = createClient({
    host: 'https://api.example.test',
    tenant: 'acme',
    apiKey: 'kupe_test',
    clock,
    random: createSeededRandom(7),
    transport,
    onEvent: (event) => events.push(event),
    ...rest,
  });
  return { client, clock, transport, events, lines: () => transport.sent.map(({ method, path }) => `${method} ${path}`) };
}

/** A cluster as the API shows it. */
export function cluster(name: string, changes: Partial<Cluster> = {}): Cluster {
  return {
    name,
    displayName: name,
    type: 'shared',
    version: '1.31',
    resources: {},
    highAvailability: false,
    status: {
      phase: 'Running',
      kubernetesVersion: 'v1.31.4',
      endpoint: `https://${name}.acme.example.test`,
      conditions: [],
      metrics: {},
      observedGeneration: 1,
      haConfigured: false,
      haPhase: '',
      haReplicasReady: 0,
      haReplicasDesired: 0,
      haEtcdReplicasReady: 0,
      haEtcdReplicasDesired: 0,
    },
    generation: 1,
    resourceVersion: '10',
    createdAt: '2026-01-01T00:00:00Z',
    ...changes,
  };
}
