/**
 * The SDK's two transports, and `node:http` with nothing around it, against a plain server in a process of its own: in turn, with 1, 16 and
 * 64 requests in flight, on Node 20, 22 and the one that runs this.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Compared, compare } from '../harness/alternate.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { markdown, range, ratio } from '../harness/table.ts';
import { runWorker, startWorker } from '../harness/worker.ts';

type Measure = 'perSecond' | 'cpuMicros';

/** What `client.mjs` prints. */
interface FromClient {
  readonly node: string;
  readonly results: readonly {
    readonly inFlight: number;
    readonly measures: Readonly<Record<string, Readonly<Record<Measure, number>>>>;
  }[];
}

interface Row extends Compared<Measure> {
  readonly node: string;
  readonly inFlight: number;
}

interface Results {
  readonly transports: readonly Row[];
}

const SDK = fileURLToPath(new URL('../../packages/sdk', import.meta.url));
const RUNTIMES = join(SDK, 'runtimes/node_modules');
const OURS = 'node-http';

/** The Nodes that are measured, of which 20 and 22 are installed on first use. */
function nodes(): string[] {
  if (!existsSync(RUNTIMES)) {
    process.stderr.write('Installing Node 20 and 22…\n');
    const given = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', given, { cwd: join(SDK, 'runtimes'), stdio: ['ignore', 2, 2] });
  }
  const platform = `${process.platform}-${process.arch}`;
  const older = ['20', '22'].map((version) => join(RUNTIMES, `node-${version}-${platform}/bin/node`));
  return [...older.filter(existsSync), process.execPath];
}

function rowsOf({ node, results }: FromClient): Row[] {
  return [...Map.groupBy(results, ({ inFlight }) => inFlight)].flatMap(([inFlight, rounds]) => {
    const names = Object.keys(rounds[0]?.measures ?? {});
    const byName = new Map(names.map((name) => [name, rounds.map(({ measures }) => measures[name] as Record<Measure, number>)]));
    return compare(byName, 'fetch').map((row) => ({ node: node.slice(1), inFlight, ...row }));
  });
}

async function measure(isQuick: boolean): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  execFileSync(process.execPath, [join(SDK, 'build.mjs'), folder]);
  const server = await startWorker(new URL('server.worker.ts', import.meta.url));
  const { port } = await server.ask<{ port: number }>({});
  const given = [join(folder, 'node.js'), `http://127.0.0.1:${port}`, ...(isQuick ? ['3', '100'] : ['9', '250'])];
  const rows: Row[] = [];
  for (const node of nodes())
    rows.push(...rowsOf((await runWorker(new URL('client.mjs', import.meta.url), given, { node })) as FromClient));
  await server.stop();
  rmSync(folder, { recursive: true });
  return rows;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ node, inFlight, name, values, ratios }) => [
    node,
    String(inFlight),
    name,
    range(ratios.perSecond, ratio),
    range(ratios.cpuMicros, ratio),
    String(Math.round(values.perSecond.median)),
    values.cpuMicros.median.toFixed(1),
  ]);
  return markdown(['Node', 'in flight', 'transport', 'requests/s, times `fetch`', 'CPU, times `fetch`', 'requests/s', 'CPU µs'], lines);
}

/** The benchmark of the transports. */
export const benchmark: Benchmark<Results> = {
  parts: { transports: { measure, table } },
  targets: [
    {
      text: 'CPU of a request, times `fetch`, in the worst of the Nodes and loads',
      of: ({ transports }) =>
        transports && Math.max(...transports.filter(({ name }) => name === OURS).map(({ ratios }) => ratios.cpuMicros.median)),
      atMost: 1,
    },
  ],
};
