import type { RequestFacts } from '../rules/request-facts.ts';
import { deliver, endConnection } from './deliver.ts';
import type { CapturedAnswer } from './execute.ts';
import { interfere } from './second-writer.ts';
import { refusal, shapeAnswer } from './shape-answer.ts';
import { OWN_ADDRESS, type Staged, type StagePorts } from './staged.ts';

/** What {@link perform} needs. `interferences` counts the changes of second writers, so that each is another one. */
export interface PerformPorts extends Pick<StagePorts, 'machine' | 'rules' | 'staleReads' | 'server'> {
  readonly interferences: { next(): number };
}

const isRead = (method: string) => method === 'GET' || method === 'HEAD';
const isStream = ({ route, headers }: RequestFacts) =>
  route?.success.isStream === true || (route?.success.lines !== undefined && /json-?(l|seq)|ndjson/.test(headers.accept ?? ''));

/** What happens before the request does. */
async function prepare({ facts, faults, response, credential }: Staged, { machine, server, interferences }: PerformPorts): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  for (const fault of faults) {
    if (fault.kind === 'latency') await machine.sleep(fault.ms, left.signal).catch(() => {});
    for (const name of facts.names) {
      if (fault.kind === 'slow-cluster') server().breakCluster(name, 'never-ready', fault.seconds);
      if (fault.kind === 'cluster') server().breakCluster(name, fault.state, fault.seconds);
    }
    const id = /^Bearer +kupe_([0-9a-f]{8})_/i.exec(credential)?.[1];
    if (fault.kind === 'expire-key' && id) await server().revokeKey(`ak-${id}`);
    if (fault.kind === 'second-writer') await interfere(facts, interferences.next(), server().askAsAdmin);
  }
}

/** Remembers what reads of the target and of its list answer before a write. */
async function remember({ facts, request, credential }: Staged, { rules, staleReads, server }: PerformPorts): Promise<void> {
  if (
    isRead(facts.method) ||
    !rules()
      .list()
      .some((rule) => rule.faults.some(({ kind }) => kind === 'stale-read'))
  )
    return;
  for (const target of [facts.path, facts.path.slice(0, facts.path.lastIndexOf('/'))]) {
    const { authorization, host } = request.headers;
    const read = { method: 'GET', target, headers: { authorization, host }, address: OWN_ADDRESS, body: Buffer.alloc(0) };
    staleReads.note(credential, target, await server().execute(read));
  }
}

/** Has the request executed, once or twice; resolves with the answer that the client is to get. */
async function execute(staged: Staged, ports: PerformPorts): Promise<CapturedAnswer> {
  const { staleReads, server } = ports;
  const { facts, request, faults, recorded, credential } = staged;
  await remember(staged, ports);
  const answer = await server().execute(request);
  recorded.executedAs = answer.status;
  const duplicate = faults.find((fault) => fault.kind === 'duplicate');
  const second = duplicate && (await server().execute(request));
  const chosen = duplicate?.answer === 'second' && second ? second : answer;
  if (facts.method !== 'GET') return chosen;
  staleReads.note(credential, facts.target, chosen);
  return faults.some(({ kind }) => kind === 'stale-read') ? staleReads.before(credential, facts.target, chosen) : chosen;
}

/** Lets a request happen, with its faults. */
export async function perform(staged: Staged, ports: PerformPorts): Promise<void> {
  const { machine, server } = ports;
  const { facts, faults, message, response, recorded } = staged;
  await prepare(staged, ports);
  if (response.destroyed) return;
  const last = faults.find(({ kind }) => kind === 'status' || kind === 'lost-answer' || kind === 'reset');
  if (last?.kind === 'status') {
    const requestId = `sandbox-${recorded.number}`;
    return deliver(response, shapeAnswer(refusal(last, { nowMs: machine.now(), requestId }), faults), faults, { recorded, machine });
  }
  if (last?.kind === 'lost-answer' || last?.kind === 'reset') {
    if (last.executed) await execute(staged, ports);
    return endConnection(response, last.kind === 'reset' ? 'reset' : 'closed', recorded);
  }
  if (isStream(facts)) return server().passOn(message, response);
  await deliver(response, shapeAnswer(await execute(staged, ports), faults), faults, { recorded, machine });
}
