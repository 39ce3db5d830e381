import type { Cluster } from '@openkupe/contract/resources/cluster';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { connectionWords, shellWord } from '../command-line.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, type NextStep } from '../failure/failure.ts';
import { waitingFor } from '../output/views.ts';
import { type Expectation, type Goal, judge, type WaitState } from './goal.ts';
import { elapsedMark, type Step } from './progress.ts';

/** The longest wait without `--timeout`, in milliseconds: what the API's existing clients wait. */
export const WAIT_LIMITS_MS = { running: 30 * 60_000, deleted: 10 * 60_000, terminating: 10 * 60_000 } as const satisfies Record<
  Goal,
  number
>;

/** One wait for one cluster. */
export interface WaitRequest extends Expectation {
  readonly name: string;
  /** The longest wait; 0 reads the cluster once. */
  readonly timeoutMs: number;
}

/** The command that goes on with a wait, with the flags that chose the server. */
export function waitCommand(context: Pick<Context, 'connection'>, name: string, goal: Goal): string {
  return `openkupe cluster wait ${shellWord(name)} --for ${goal}${connectionWords(context.connection)}`;
}

function stepOf(cluster: Cluster | undefined, goal: Goal): Step {
  if (cluster === undefined) return { phase: goal === 'running' ? 'Pending' : 'Deleted' };
  // NOTE: a cluster that was not reconciled yet has no phase.
  const phase = cluster.status.phase || 'Pending';
  return { phase, detail: phase === 'Running' && goal === 'running' ? '' : waitingFor(cluster) };
}

function impossible(name: string, why: Extract<WaitState, { kind: 'impossible' }>['why'], cluster: Cluster | undefined): Failure {
  const showConditions: NextStep = { run: `openkupe cluster get ${name}`, why: 'shows its conditions' };
  if (why === 'missing') {
    const next = [{ run: 'openkupe cluster list', why: 'shows the clusters there are' }];
    return new Failure(`Cluster "${name}" does not exist.`, { code: 'not-found', exit: EXIT.missing, next });
  }
  if (why === 'terminating')
    return new Failure(`Cluster "${name}" is being deleted.`, { code: 'terminating', exit: EXIT.failed, next: [showConditions] });
  const reasons = cluster ? waitingFor(cluster) : '';
  return new Failure(`Cluster "${name}" is degraded${reasons === '' ? '' : `: ${reasons}`}.`, {
    code: 'degraded',
    exit: EXIT.failed,
    next: [showConditions],
  });
}

function goOn(context: Context, { name, goal }: WaitRequest): NextStep[] {
  return [{ run: waitCommand(context, name, goal), why: 'goes on waiting' }];
}

/** The time of the wait is up. `lastError` is why the last reads failed, if they did. */
function ranOut(context: Context, request: WaitRequest, seen: Step | undefined, lastError?: unknown): Failure {
  const after = elapsedMark(request.timeoutMs).slice(1, -1);
  const reason = lastError instanceof Error ? `: ${lastError.message.replace(/\.$/, '')}` : '';
  const sentence = seen
    ? `Cluster "${request.name}" is still ${seen.phase} after ${after}; the work goes on.`
    : `Cluster "${request.name}" could not be read for ${after}${reason}.`;
  return new Failure(sentence, { code: 'wait-timeout', exit: EXIT['wait-timeout'], next: goOn(context, request) });
}

function interrupted(context: Context, request: WaitRequest, seen: Step | undefined, reason: Failure): Failure {
  const verb = reason.details.code === 'interrupted' ? 'Interrupted' : 'Terminated';
  const state = seen ? `while cluster "${request.name}" is ${seen.phase}` : `while waiting for cluster "${request.name}"`;
  return new Failure(`${verb} ${state}; the work goes on.`, { ...reason.details, next: goOn(context, request) });
}

function isOutOfTime(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError' && 'stopReason' in error && error.stopReason === 'deadline';
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 404;
}

async function getOnce(client: Client, name: string, signal: AbortSignal): Promise<Cluster | undefined> {
  try {
    return (await client.clusters.get(name, { signal })).value;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Waits until the cluster is where it should be and returns it, `undefined` when it is gone. Progress goes to stderr. Ends in a
 * {@link Failure}: degraded 1, missing 4, out of time 8, interrupted 130 or 143; in the latter two the work goes on.
 */
export async function waitForCluster(context: Context, client: Client, request: WaitRequest): Promise<Cluster | undefined> {
  const { name, goal, timeoutMs } = request;
  if (context.script) {
    context.script.wait((await context.credentials()).tenant, name, goal, timeoutMs);
    return undefined;
  }
  const progress = context.startProgress();
  let seen: Step | undefined;
  const show = (cluster: Cluster | undefined) => {
    seen = stepOf(cluster, goal);
    progress.show(seen);
  };
  const isOver = (cluster: Cluster | undefined) => {
    show(cluster);
    return judge(request, cluster).kind !== 'not-yet';
  };
  try {
    const { signal } = context;
    const isSingleCheck = timeoutMs === 0;
    const cluster = isSingleCheck
      ? await getOnce(client, name, signal)
      : (await client.clusters.waitFor(name, isOver, { signal, timeoutMs, byEvents: true })).value;
    if (isSingleCheck) show(cluster);
    const state = judge(request, cluster);
    if (state.kind === 'impossible') throw impossible(name, state.why, cluster);
    if (state.kind === 'not-yet') throw ranOut(context, request, seen);
    return cluster;
  } catch (error) {
    if (context.signal.aborted) throw interrupted(context, request, seen, context.signal.reason as Failure);
    throw isOutOfTime(error) ? ranOut(context, request, seen, (error as Error).cause) : error;
  } finally {
    progress.end();
  }
}
