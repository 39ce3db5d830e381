import type { Recording } from './recording/recording.ts';
import type { RuleInput } from './rules/rule.ts';
import type { RuleStatus } from './rules/rule-list.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { SandboxState } from './state/data-folder-state.ts';

/** What a sandbox starts with. */
export interface SandboxOptions {
  /** Where chance begins: keys, ids and the probabilities of rules follow from it. That of the scenario, or 1, when absent. */
  readonly seed?: number;
  /** The name of one that comes with the sandbox, the path of a YAML file, or a scenario itself. */
  readonly scenario?: string | Scenario;
  readonly clock?: {
    /** The time at the start, RFC 3339; that of the machine when absent. */
    readonly start?: string;
    /** Whether time passes only when it is moved. */
    readonly frozen?: boolean;
  };
  /** The port on 127.0.0.1; a free one when absent. */
  readonly port?: number;
  /** Settings of the server by their OPENKUPE_ names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What an export gave, to go on from. */
  readonly state?: SandboxState;
}

/** The clock of a sandbox, in the hand of a test. Phases, expiry, billing and the backoff of the server follow it. */
export interface ClockControl {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly isFrozen: boolean;
  freeze(): void;
  resume(): void;
  /** Moves time forward by milliseconds, or by `90s`, `10m`, `31d`; resolves when what was due is done. */
  advance(by: number | string): Promise<void>;
}

/** The rules in force. */
export interface RuleControl {
  /** Adds a rule, or replaces that of the same name; returns its name. @throws with a sentence that says what is wrong with it. */
  add(rule: RuleInput): string;
  /** Whether there was one of this name. */
  remove(name: string): boolean;
  clear(): void;
  list(): RuleStatus[];
}

/** A control plane that runs in this process, with faults on demand. */
export interface Sandbox {
  /** The base URL, without a slash at its end. */
  readonly url: string;
  readonly tenant: string;
  /** An admin key of the tenant. */
  readonly apiKey: string;
  /** KUPE_HOST, KUPE_TENANT and KUPE_API_KEY, for programs that read them. */
  readonly env: Readonly<Record<'KUPE_HOST' | 'KUPE_TENANT' | 'KUPE_API_KEY', string>>;
  readonly seed: number;
  /** Where the control API listens, for programs in other languages, and its bearer token. */
  readonly controlUrl: string;
  readonly controlToken: string;
  readonly clock: ClockControl;
  readonly rules: RuleControl;
  /** What arrived and what became of it, since the start or the last `forget`. */
  recording(): Recording;
  /** The recording as text, a line for each request. */
  timeline(): string;
  /** Begins the recording anew. */
  forget(): void;
  /** Issues another admin key. */
  issueKey(): Promise<string>;
  /** Everything as at the start: data, time, rules, recording. The address stays; open connections are closed. */
  reset(): Promise<void>;
  /** Everything that is kept, as JSON. Rules and recording are not in it. */
  export(): SandboxState;
  /** Goes on from a state, with the address that this sandbox has. Open connections are closed. @throws where it is none. */
  import(state: SandboxState): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
