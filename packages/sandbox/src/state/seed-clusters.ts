import type { SandboxClock } from '../clock/sandbox-clock.ts';
import type { AskAsAdmin } from '../stage/second-writer.ts';

const STEP_MS = 1_000;
/** How long clusters of a scenario may take, on the clock of the sandbox. */
const MOST_MS = 3_600_000;

interface Phased {
  readonly name: string;
  readonly status?: { readonly phase?: string };
}

/** Makes the clusters of a scenario, and moves time until they run. @throws with what the server says of one that cannot be made. */
export async function seedClusters(
  clusters: readonly Readonly<Record<string, unknown>>[],
  { tenant, clock, ask }: { readonly tenant: string; readonly clock: SandboxClock; readonly ask: AskAsAdmin },
): Promise<void> {
  if (clusters.length === 0) return;
  const path = `/api/v1/tenants/${tenant}/clusters`;
  for (const cluster of clusters) {
    const { status, body } = await ask('POST', path, cluster);
    if (status !== 201)
      throw new Error(`The cluster ${JSON.stringify(cluster.name)} of the scenario cannot be made: ${body.toString('utf8')}`);
  }
  for (let waitedMs = 0; waitedMs < MOST_MS; waitedMs += STEP_MS) {
    const { items } = JSON.parse((await ask('GET', path)).body.toString('utf8')) as { items: Phased[] };
    if (items.every(({ status }) => status?.phase === 'Running')) return;
    await clock.advance(STEP_MS);
  }
  throw new Error('The clusters of the scenario did not become Running within an hour of the clock of the sandbox');
}
