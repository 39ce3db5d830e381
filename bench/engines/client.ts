import { type Host, startHost } from '../../conformance/kubernetes/host.ts';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import type { Part } from '../harness/benchmark.ts';
import { markdown, range, ratio } from '../harness/table.ts';
import { startWorker, type TalkingWorker } from '../harness/worker.ts';

type Measure = 'eachMs' | 'togetherMs' | 'failedShare' | 'cpuMs' | 'residentMib';

/** One client over all rounds, with its ratios to the official one. */
export type ClientRow = Compared<Measure>;

/** The client that the others are compared with. */
const OFFICIAL = '@kubernetes/client-node';
/** Ours. */
export const OWN = 'openkupe';
const READS = 300;

async function measure(isQuick: boolean): Promise<readonly ClientRow[]> {
  const host: Host = await startHost();
  const workers: TalkingWorker[] = [];
  try {
    const contestants = [];
    for (const name of [OFFICIAL, OWN]) {
      const worker = await startWorker(new URL('client.worker.ts', import.meta.url), [name, host.kubeconfig]);
      workers.push(worker);
      contestants.push({ name, run: () => worker.ask<Record<Measure, number>>({ reads: isQuick ? READS / 10 : READS }) });
    }
    return compare(await alternate(contestants, isQuick ? 3 : 9), OFFICIAL);
  } finally {
    for (const worker of workers) await worker.stop();
    await host.end();
  }
}

function table(rows: readonly ClientRow[]): string {
  const lines = rows.map(({ name, values, ratios }) => [
    name,
    range(ratios.eachMs, ratio),
    range(values.eachMs, (value) => value.toFixed(2)),
    range(ratios.togetherMs, ratio),
    range(values.togetherMs, (value) => value.toFixed(0)),
    range(values.failedShare, (value) => `${Math.round(value * 100)} %`),
    range(values.cpuMs, (value) => value.toFixed(2)),
    range(values.residentMib, (value) => value.toFixed(0)),
  ]);
  const head = [
    'client',
    'time of a GET, times the official',
    'ms of a GET',
    `${READS} at once, times the official`,
    `ms of ${READS} at once`,
    'of these failed',
    'CPU ms of a GET',
    'MiB resident',
  ];
  return markdown(head, lines);
}

/** How long a read takes, one after another and many at once, on a real API server. */
export const client: Part<readonly ClientRow[]> = { measure, table };
