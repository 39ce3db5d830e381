import type { Spread } from '../harness/statistics.ts';
import type { ClientRow } from './clients.ts';
import type { DecisionRow } from './decisions.ts';
import type { OverloadResult } from './overload.ts';
import type { ServerResult } from './server.ts';

export interface PromiseRow {
  readonly name: string;
  /** Of "100 per 2 s", the most that passed within half a second. */
  readonly worstWindow: number;
  readonly callers: number;
  readonly truth: number;
  readonly served: number;
  readonly refusedPerServed: number;
}

export interface StormRow {
  readonly limit: string;
  readonly weather: string;
  readonly rule: string;
  readonly servedShare: Spread;
  readonly ofIdeal: Spread;
  readonly truth: Spread;
  readonly refusedPerCall: Spread;
}

export interface GuessingResult {
  readonly guessers: readonly { readonly who: string; readonly addresses: number; readonly perDay: number }[];
  readonly neighbour: { readonly asked: number; readonly served: number; readonly atOnce: number };
}

export interface AttackRow {
  readonly attack: string;
  readonly sentPerHour: number;
  readonly acceptedPerHour: number;
  readonly honestElsewhere: number;
  readonly honestNear?: number;
  readonly honestNearWithoutKey?: number;
  readonly forgotten: number;
  readonly overflows: number;
}

export interface AttackResult {
  readonly hours: readonly AttackRow[];
  readonly standingStill: {
    readonly forgotten: number;
    readonly ofKeys: number;
    readonly newcomers: number;
    readonly bytes: number;
    readonly evictions: number;
  };
  readonly collisions: readonly {
    readonly isKeyKnown: boolean;
    readonly addresses: number;
    readonly honestInSet: number;
    readonly overflows: number;
  }[];
}

/** What the parts of the benchmark measure. */
export interface Results {
  readonly decisions: readonly DecisionRow[];
  readonly promises: readonly PromiseRow[];
  readonly storms: readonly StormRow[];
  readonly clients: readonly ClientRow[];
  readonly guessing: GuessingResult;
  readonly attacks: AttackResult;
  readonly server: ServerResult;
  readonly overload: OverloadResult;
}
