import type { Cluster } from '@openkupe/contract/resources/cluster';
import type { ClusterFilter } from '@openkupe/sdk';
import type { Context } from '../../command.ts';
import type { Format } from '../../output/format.ts';
import { waitingFor } from '../../output/views.ts';

function lineOf(cluster: Cluster, format: Format): string {
  if (format === 'json') return `${JSON.stringify(cluster)}\n`;
  // NOTE: JSON is YAML.
  if (format === 'yaml') return `---\n${JSON.stringify(cluster)}\n`;
  if (format === 'name') return `cluster/${cluster.name}\n`;
  const detail = waitingFor(cluster);
  return `${cluster.name}  ${cluster.status.phase || 'Pending'}  ${cluster.version}${detail === '' ? '' : `  ${detail}`}\n`;
}

const goneLine = (name: string, format: Format) =>
  format === 'json' || format === 'yaml'
    ? `${format === 'yaml' ? '---\n' : ''}${JSON.stringify({ name, status: { phase: 'Deleted' } })}\n`
    : format === 'name'
      ? ''
      : `${name}  Deleted\n`;

/** Writes each cluster on a line, and again whenever it has changed, until the command is interrupted or its reader has gone. */
export async function watchClusters({ client, format, io, signal }: Context, filter: ClusterFilter): Promise<void> {
  const { clusters } = await client();
  let before = new Map<string, string>();
  for await (const { value } of clusters.watch({ ...filter, signal })) {
    // NOTE: what is compared is all of it, because a line does not show everything.
    const now = new Map(value.map((cluster) => [cluster.name, JSON.stringify(cluster)]));
    for (const cluster of value) if (before.get(cluster.name) !== now.get(cluster.name)) io.stdout.write(lineOf(cluster, format));
    for (const name of before.keys()) if (!now.has(name)) io.stdout.write(goneLine(name, format));
    before = now;
    if (await io.stdout.flush()) return;
  }
}
