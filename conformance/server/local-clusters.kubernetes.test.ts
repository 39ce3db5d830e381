import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { NEEDS_KUBERNETES, programsOf } from '../kubernetes/programs.ts';
import { launchServer, type StartedServer, startServer } from '../start-server.ts';

const PROGRAMS = programsOf('l1', 'v135');
const VARIABLES = { OPENKUPE_ENGINE: 'local', OPENKUPE_KUBERNETES_PROGRAMS: PROGRAMS ?? '', OPENKUPE_LOCAL_CLUSTERS: '1' };
const LONGEST_MS = 90_000;

/** The processes of the clusters in this data folder, by id. */
function processesOf(dataFolder: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ');
      if (command.includes(`${dataFolder}/local-clusters/`)) found.set(Number(name), command);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

async function send(server: StartedServer, method: string, path: string, body?: object) {
  const response = await fetch(`${server.host}/api/v1/tenants/${server.tenant}/clusters${path}`, {
    method,
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
  return { status: response.status, json: (await response.json().catch(() => ({}))) as any };
}

async function untilPhase(server: StartedServer, phase: string) {
  for (const beganMs = Date.now(); ; await sleep(20)) {
    const { json } = await send(server, 'GET', '/web');
    if (json.status?.phase === phase) return json.status;
    if (Date.now() - beganMs > LONGEST_MS) throw new Error(`It did not become ${phase}: ${JSON.stringify(json.status)}`);
  }
}

it.skipIf(!PROGRAMS)(
  `clusters outlive a server that is killed, are Degraded while they do not answer, and end with one that is stopped ${NEEDS_KUBERNETES}`,
  { timeout: 300_000 },
  async () => {
    const first = await startServer({ variables: VARIABLES });
    const { dataFolder } = first;
    onTestFinished(async () => {
      for (const pid of processesOf(dataFolder).keys()) process.kill(pid, 'SIGKILL');
      await rm(dataFolder, { recursive: true, force: true });
    });
    await send(first, 'POST', '', { name: 'web' });
    const before = await untilPhase(first, 'Running');
    expect((await send(first, 'POST', '', { name: 'more' })).json.error).toContain('at most 1 cluster ');
    const ids = [...processesOf(dataFolder).keys()];
    expect(ids).toHaveLength(3);
    await first.kill();
    expect([...processesOf(dataFolder).keys()]).toEqual(ids);

    const second = await startServer({ variables: { ...VARIABLES, OPENKUPE_PORT: new URL(first.host).port }, dataFolder });
    const server = { ...second, apiKey: first.apiKey };
    expect((await untilPhase(server, 'Running')).endpoint).toBe(before.endpoint);
    expect([...processesOf(dataFolder).keys()]).toEqual(ids);

    const [apiServer] = [...processesOf(dataFolder)].find(([, command]) => command.includes('kube-apiserver ')) ?? [];
    process.kill(apiServer ?? 0, 'SIGKILL');
    const degraded = await untilPhase(server, 'Degraded');
    expect(JSON.stringify(degraded.conditions)).toContain('kube-apiserver ended');
    expect((await untilPhase(server, 'Running')).endpoint).toBe(before.endpoint);

    await second.stop();
    expect([...processesOf(dataFolder).values()]).toEqual([]);

    const refused = launchServer(['--port', '0', '--data', dataFolder], { OPENKUPE_ENGINE: 'sandbox' });
    expect((await refused.ended).code).toBe(1);
    expect(refused.output.stderr).toContain('are run by the engine "local" here');
  },
);
