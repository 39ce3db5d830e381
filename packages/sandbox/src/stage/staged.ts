import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@openkupe/contract';
import type { Fault } from '../faults/fault-table.ts';
import type { MagicNames } from '../faults/magic-names.ts';
import type { RecordedRequest, Recorder } from '../recording/recording.ts';
import type { RequestFacts } from '../rules/request-facts.ts';
import type { RuleList } from '../rules/rule-list.ts';
import type { Execute, ServerRequest } from './execute.ts';
import type { AskAsAdmin } from './second-writer.ts';
import type { StaleReads } from './stale-reads.ts';

/** The header with which a request names faults of its own. */
export const FAULT_HEADER = 'x-kupe-sandbox';
/** The address of the sandbox's own requests, so that they take nothing of the limit of the client's. */
export const OWN_ADDRESS = '127.0.0.2';

/** What faults need of the server behind the stage. */
export interface StagedServer {
  readonly execute: Execute;
  /** Answers on the connection itself, for streams and for what the stage cannot read. */
  passOn(message: IncomingMessage, response: ServerResponse): Promise<void>;
  readonly askAsAdmin: AskAsAdmin;
  revokeKey(id: string): Promise<boolean>;
  /** Puts clusters of this name into a state, for good or for a time on the clock of the sandbox. */
  breakCluster(name: string, state: Extract<Fault, { kind: 'cluster' }>['state'], seconds: number): void;
}

/** What the stage needs. */
export interface StagePorts {
  /** The clock of the sandbox, which the recording shows. */
  readonly clock: Pick<Clock, 'now'>;
  /** The real clock, by which what is on the wire is delayed. */
  readonly machine: Clock;
  readonly rules: () => RuleList;
  readonly magicNames: MagicNames;
  readonly staleReads: StaleReads;
  readonly recorder: Recorder;
  readonly server: () => StagedServer;
}

/** A fault of a request, and what brought it: the name of a rule, `header` or `name`. */
export interface Fired {
  readonly by: string;
  readonly fault: Fault;
}

/** A request on its way through the stage. */
export interface Staged {
  readonly facts: RequestFacts;
  readonly request: ServerRequest;
  readonly response: ServerResponse;
  readonly message: IncomingMessage;
  readonly faults: readonly Fault[];
  readonly recorded: RecordedRequest;
  readonly credential: string;
}
