import type { Event } from '../../packages/sdk/src/index.ts';
import type { TransportRequest, TransportResponse } from '../../packages/sdk/src/transport/transport.ts';
import type { ClusterRef } from '../../packages/server/src/engines/engine.ts';
import type { Owner } from './schedule.ts';

/** A request as it arrived at a server. */
export interface Arrived {
  readonly client: string;
  readonly tenant: string;
  readonly replica: Owner;
  readonly request: Pick<TransportRequest, 'method' | 'url' | 'headers' | 'body'>;
  /** When the client sent it, and when it arrived: virtual milliseconds. */
  readonly sentMs: number;
  readonly arrivedMs: number;
}

/** An answer as it left a server. */
export interface Answered extends Arrived {
  /** The very fact that was reported when the request arrived. */
  readonly arrival: Arrived;
  readonly response: TransportResponse;
  /** Virtual milliseconds. */
  readonly answeredMs: number;
}

/** A call as the store executed it. */
export interface Stored {
  readonly replica: Owner;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly result: unknown;
  readonly atMs: number;
}

/** What a client knows of an operation of its workload once it has ended. */
export interface Ended {
  readonly client: string;
  readonly tenant: string;
  readonly kind: 'create' | 'append' | 'delete' | 'issue-key' | 'revoke-key';
  /** Unique: it is in what the operation writes. */
  readonly id: string;
  /** The cluster, or the id of the key. */
  readonly name: string;
  readonly outcome: 'applied' | 'not-applied' | 'unknown';
  readonly beganMs: number;
  readonly endedMs: number;
}

/** A call of the engine, as it took effect. */
export interface Acted {
  readonly replica: Owner;
  readonly verb: string;
  readonly ref: ClusterRef;
  readonly atMs: number;
}

/** An event that a client has read from a stream. */
export interface Watched {
  readonly client: string;
  readonly tenant: string;
  readonly event: Event;
}

/** Sees one kind of fact each; throws where what must always hold does not. */
export interface Validator {
  readonly name: string;
  arrived?(fact: Arrived): void;
  answered?(fact: Answered): void;
  stored?(fact: Stored): void | Promise<void>;
  acted?(fact: Acted): void;
  /** Every lease was ended, as at the beginning of a term. */
  leasesEnded?(): void;
  ended?(fact: Ended): void;
  watched?(fact: Watched): void;
  /** Called once when the faults have stopped and time enough has passed to converge. */
  settled?(): Promise<void>;
}

/** The first thing that did not hold. */
export interface Violation {
  readonly validator: string;
  readonly message: string;
}

/** Hands facts to every validator, and keeps the first violation. */
export interface Observers {
  readonly violation: Violation | undefined;
  add(...validators: readonly Validator[]): void;
  arrived(fact: Arrived): void;
  answered(fact: Answered): void;
  stored(fact: Stored): Promise<void>;
  acted(fact: Acted): void;
  leasesEnded(): void;
  ended(fact: Ended): void;
  watched(fact: Watched): void;
  settled(): Promise<void>;
  /** A violation that no validator found, such as a program that failed. */
  fail(validator: string, error: unknown): void;
}

/** Observers without validators. */
export function createObservers(): Observers {
  const validators: Validator[] = [];
  let violation: Violation | undefined;
  function fail(validator: string, error: unknown): void {
    violation ??= { validator, message: error instanceof Error ? error.message : String(error) };
  }
  function each(see: (validator: Validator) => void): void {
    for (const validator of validators) {
      try {
        see(validator);
      } catch (error) {
        fail(validator.name, error);
      }
    }
  }
  async function eachInOrder(see: (validator: Validator) => void | Promise<void>): Promise<void> {
    for (const validator of validators) {
      try {
        await see(validator);
      } catch (error) {
        fail(validator.name, error);
      }
    }
  }
  return {
    get violation() {
      return violation;
    },
    add: (...more) => void validators.push(...more),
    arrived: (fact) => each((validator) => validator.arrived?.(fact)),
    answered: (fact) => each((validator) => validator.answered?.(fact)),
    acted: (fact) => each((validator) => validator.acted?.(fact)),
    leasesEnded: () => each((validator) => validator.leasesEnded?.()),
    watched: (fact) => each((validator) => validator.watched?.(fact)),
    ended: (fact) => each((validator) => validator.ended?.(fact)),
    stored: (fact) => eachInOrder((validator) => validator.stored?.(fact)),
    settled: () => eachInOrder((validator) => validator.settled?.()),
    fail,
  };
}
