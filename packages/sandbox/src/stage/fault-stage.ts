import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseFaults } from '../faults/read-fault.ts';
import { type RequestFacts, requestFacts } from '../rules/request-facts.ts';
import { perform } from './perform.ts';
import { readBody } from './read-body.ts';
import { recordRequest } from './record-request.ts';
import { refusal } from './shape-answer.ts';
import { FAULT_HEADER, type Fired, type StagePorts } from './staged.ts';

/** The faults of a request: of the rules that fire, of its header, and of the names in it. @throws where the header cannot be read. */
function findFaults(facts: RequestFacts, { rules, magicNames }: Pick<StagePorts, 'rules' | 'magicNames'>): Fired[] {
  const header = facts.headers[FAULT_HEADER];
  const asked = header === undefined ? [] : parseFaults(String(header));
  return [
    ...rules()
      .firing(facts)
      .flatMap(({ name, faults }) => faults.map((fault) => ({ by: name, fault }))),
    ...asked.map((fault) => ({ by: 'header', fault })),
    ...magicNames.faultsOf(facts.names, facts.method).map((fault) => ({ by: 'name', fault })),
  ];
}

function refuseHeader(response: ServerResponse, problem: string, nowMs: number): void {
  const fault = { kind: 'status', status: 400, retryAfter: '', error: `${FAULT_HEADER}: ${problem}` } as const;
  const { status, headers, body } = refusal(fault, { nowMs, requestId: 'sandbox' });
  response.writeHead(status, headers).end(body);
}

function createCounter(): { next(): number } {
  let count = 0;
  return { next: () => ++count };
}

/** Makes what stands between the listener and the server: it finds the faults of each request, and lets them happen. */
export function createFaultStage(ports: StagePorts): (message: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { machine, server } = ports;
  const startedMs = machine.monotonic();
  const interferences = createCounter();
  return async (message, response) => {
    const body = await readBody(message, response);
    if (!body) return server().passOn(message, response);
    const { method = '', url: target = '', headers, rawHeaders, httpVersion, socket } = message;
    const facts = requestFacts({ method, target, headers }, body);
    let fired: Fired[];
    try {
      fired = findFaults(facts, ports);
    } catch (error) {
      return refuseHeader(response, (error as Error).message, machine.now());
    }
    const arrivedMs = machine.monotonic();
    const recorded = recordRequest(facts, body, fired, { ...ports, sinceStartMs: arrivedMs - startedMs });
    response.once('close', () => {
      recorded.outcome ??= response.writableFinished ? response.statusCode : 'left';
      recorded.tookMs = Math.round(machine.monotonic() - arrivedMs);
    });
    const { [FAULT_HEADER]: _named, ...sent } = headers;
    const request = { method, target, headers: sent, rawHeaders, httpVersion, address: socket.remoteAddress ?? '', body };
    const faults = fired.map(({ fault }) => fault);
    const credential = headers.authorization ?? '';
    await perform({ facts, request, response, message, faults, recorded, credential }, { ...ports, interferences });
  };
}
