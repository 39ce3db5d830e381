import { spawn } from 'node:child_process';
import { startDifficultServer } from './difficult-server.ts';
import type { Outcome, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

export interface Grade {
  readonly scenario: Scenario;
  /** `undefined` when it passed. */
  readonly fault: string | undefined;
}

/** No scenario needs longer; a client that does has lost its way. */
const LONGEST_RUN_MS = 90_000;

function drive(command: readonly string[], task: string, host: string): Promise<Pick<Outcome, 'exitCode' | 'said'>> {
  const [file = '', ...given] = command;
  const environment = { ...process.env, KUPE_HOST: host, KUPE_API_URL: host, KUPE_API_KEY: 'kupe_graded', KUPE_TENANT: 'acme' };
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...given, task], { env: environment, timeout: LONGEST_RUN_MS });
    let said = '';
    child.stdout.on('data', (part) => {
      said += part;
    });
    child.stderr.on('data', (part) => {
      said += part;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, said }));
  });
}

/** One run of a client against a difficult server of its own. */
async function runOnce(command: readonly string[], scenario: Scenario): Promise<Outcome> {
  const server = await startDifficultServer(scenario.answer);
  try {
    const end = await drive(command, scenario.task, server.host);
    return { ...end, received: server.received };
  } finally {
    await server.close();
  }
}

/** Runs one scenario against a client. */
async function gradeOne(command: readonly string[], scenario: Scenario): Promise<Grade> {
  const outcomes = await Promise.all(Array.from({ length: scenario.runs ?? 1 }, () => runOnce(command, scenario)));
  const isSilent = outcomes.some(({ received }) => received.length === 0);
  return { scenario, fault: isSilent ? 'it sent nothing' : scenario.judge(outcomes) };
}

/**
 * Grades a client by what it sends to a difficult server, how it ends and what it prints. `command` starts a driver: it gets a task as
 * its last argument and the server in KUPE_HOST, KUPE_API_KEY and KUPE_TENANT; it exits with 0 exactly if the task was done, and prints
 * what a person should know. The tasks list, get, create, update (to version 1.32) and delete are about the cluster "prod"; many reads
 * the clusters c1 to c3, as concurrently as the client likes. `scenarios` is all of them unless given.
 */
export async function gradeClient(command: readonly string[], scenarios = SCENARIOS): Promise<Grade[]> {
  return Promise.all(scenarios.map((scenario) => gradeOne(command, scenario)));
}
