import { spawn } from 'node:child_process';
import { startDifficultServer } from './difficult-server.ts';
import { type Outcome, SCENARIOS, type Scenario } from './scenarios.ts';

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

/** Runs one scenario against a client. */
async function gradeOne(command: readonly string[], scenario: Scenario): Promise<Grade> {
  const server = await startDifficultServer(scenario.answer);
  try {
    const end = await drive(command, scenario.task, server.host);
    const fault = server.received.length === 0 ? 'it sent nothing' : scenario.judge({ ...end, received: server.received });
    return { scenario, fault };
  } finally {
    await server.close();
  }
}

/**
 * Grades a client by what it sends to a difficult server. `command` starts a driver: it gets a task (list, get, create, update or
 * delete, always of the cluster "prod", to version 1.32) as its last argument and the server in KUPE_HOST, KUPE_API_KEY and
 * KUPE_TENANT; it exits with 0 exactly if the task was done, and prints what a person should know.
 */
export async function gradeClient(command: readonly string[]): Promise<Grade[]> {
  return Promise.all(SCENARIOS.map((scenario) => gradeOne(command, scenario)));
}
