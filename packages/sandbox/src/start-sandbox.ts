import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock, systemRandom } from '@openkupe/contract';
import { parseDuration } from './clock/duration.ts';
import { createSandboxClock, type SandboxClock } from './clock/sandbox-clock.ts';
import { openControlApi } from './control/control-api.ts';
import { createMagicNames } from './faults/magic-names.ts';
import { createRecorder } from './recording/recording.ts';
import { printTimeline } from './recording/timeline.ts';
import { createRuleList, type RuleList } from './rules/rule-list.ts';
import type { ClockControl, Sandbox, SandboxOptions } from './sandbox.ts';
import { loadScenario, readScenario, type Scenario } from './scenario/scenario.ts';
import { createFaultStage } from './stage/fault-stage.ts';
import { createStaleReads } from './stage/stale-reads.ts';
import { createRestartableServer, type RestartableServer } from './staged-server.ts';
import { readState, type SandboxState } from './state/data-folder-state.ts';
import { seedClusters } from './state/seed-clusters.ts';
import { makeTemporaryFolder } from './state/temporary-folder.ts';

const NO_SCENARIO: Scenario = { title: 'nothing goes wrong' };
const TOKEN_BYTES = 24;
const MOST_SEED = 2 ** 32 - 1;

function startTimeOf(text: string | undefined): number {
  const startMs = text === undefined ? systemClock.now() : Date.parse(text);
  if (Number.isNaN(startMs)) throw new Error(`"${text}" is no time; write one such as 2026-01-01T00:00:00Z`);
  return startMs;
}

/** The options with what the scenario says where they say nothing. */
async function settle({ scenario: wanted, seed, clock, settings, port = 0 }: SandboxOptions) {
  const scenario = typeof wanted === 'string' ? await loadScenario(wanted) : wanted ? readScenario(wanted, 'that was given') : NO_SCENARIO;
  const chosenSeed = seed ?? scenario.seed ?? 1;
  if (!Number.isInteger(chosenSeed) || chosenSeed < 0 || chosenSeed > MOST_SEED)
    throw new Error(`The seed ${chosenSeed} is not usable; give a whole number from 0 to ${MOST_SEED}`);
  return {
    scenario,
    seed: chosenSeed,
    startMs: startTimeOf(clock?.start ?? scenario.clock?.start),
    isFrozen: clock?.frozen ?? scenario.clock?.frozen ?? false,
    settings: { ...scenario.settings, ...settings },
    port,
  };
}

function clockControl(clock: SandboxClock): ClockControl {
  return {
    get nowMs() {
      return clock.now();
    },
    get isFrozen() {
      return clock.isFrozen;
    },
    freeze: clock.freeze,
    resume: clock.resume,
    advance: (by) => clock.advance(typeof by === 'number' ? by : parseDuration(by)),
  };
}

/** What a sandbox can do, of its parts; `begin` starts the server, and the rules of the scenario anew. */
interface Parts {
  readonly server: RestartableServer;
  readonly clock: SandboxClock;
  readonly rules: () => RuleList;
  readonly recorder: ReturnType<typeof createRecorder>;
  readonly seed: number;
  readonly control: { readonly url: string; readonly token: string };
  readonly begin: (state: SandboxState | undefined) => Promise<void>;
  readonly end: () => Promise<void>;
}

function describeSandbox({ server, clock, rules, recorder, seed, control, begin, end }: Parts): Sandbox {
  const { url, tenant } = server;
  return {
    url,
    tenant,
    seed,
    controlUrl: control.url,
    controlToken: control.token,
    get apiKey() {
      return server.apiKey;
    },
    get env() {
      return { KUPE_HOST: url, KUPE_TENANT: tenant, KUPE_API_KEY: server.apiKey };
    },
    clock: clockControl(clock),
    rules: {
      add: (rule) => rules().add(rule),
      remove: (name) => rules().remove(name),
      clear: () => rules().clear(),
      list: () => rules().list(),
    },
    recording: recorder.read,
    timeline: () => printTimeline(recorder.read()),
    forget: recorder.clear,
    issueKey: server.issueKey,
    async reset() {
      await server.stop();
      await begin(undefined);
    },
    export: () => ({ format: 1, nowMs: clock.now(), apiKey: server.apiKey, files: server.files() }),
    async import(given) {
      const state = readState(given);
      await server.stop();
      await begin(state);
    },
    stop: end,
    [Symbol.asyncDispose]: end,
  };
}

type Answering = (message: IncomingMessage, response: ServerResponse) => Promise<void>;

/** While the sandbox is stopped or reset, or where something failed, a client sees that the connection ends. */
function endingFailures(stage: Answering): Answering {
  return (message, response) => stage(message, response).catch(() => void response.destroy());
}

/**
 * Starts a control plane in this process, behind a stage on which faults happen. Many can run at the same time: each has its own port, data,
 * clock and rules. Everything is thrown away at `stop`.
 *
 * @throws with a sentence that says what is wrong with the options.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { scenario, seed, startMs, isFrozen, settings, port } = await settle(options);
  const state = options.state && readState(options.state);
  const clock = createSandboxClock({ startMs, machine: systemClock });
  const recorder = createRecorder();
  const memory = { magicNames: createMagicNames(), staleReads: createStaleReads() };
  let rules = createRuleList({ seed, clock });
  const behind = { rules: () => rules, server: () => server.staged };
  const stage = createFaultStage({ clock, machine: systemClock, recorder, ...memory, ...behind });
  const folder = await makeTemporaryFolder();
  const server = createRestartableServer({ folder, settings, port, seed, clock, entry: endingFailures(stage) });
  const begin = async (from: SandboxState | undefined) => {
    clock.freeze();
    clock.setWall(from?.nowMs ?? startMs);
    rules = createRuleList({ seed, clock });
    await server.start(from);
    if (!from) await seedClusters(scenario.clusters ?? [], { tenant: server.tenant, clock, ask: server.staged.askAsAdmin });
    recorder.clear();
    memory.magicNames.forget();
    memory.staleReads.forget();
    rules = createRuleList({ seed, clock });
    for (const rule of scenario.rules ?? []) rules.add(rule);
    if (!isFrozen) clock.resume();
  };
  const token = Buffer.from(systemRandom.bytes(TOKEN_BYTES)).toString('base64url');
  const api = await openControlApi(() => sandbox, token);
  const end = async () => {
    await server.stop();
    await api.close();
    clock.freeze();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await begin(state);
  } catch (error) {
    await end();
    throw error;
  }
  const control = { url: api.url, token };
  const sandbox = describeSandbox({ server, clock, rules: () => rules, recorder, seed, control, begin, end });
  return sandbox;
}
