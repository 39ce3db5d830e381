import type { Answer, CallOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { type Operation, runOperation, type Step } from '../operation.ts';
import { type Decode, toAnswer } from './exchange-to-answer.ts';

/** Carries out one call of an operation and reads its answer. */
export async function ask<T>(operation: Operation, step: Step, decode: Decode<T>): Promise<Answer<T>> {
  return toAnswer(step, await operation.send(step), decode);
}

/** An operation of one call. */
export function askOnce<T>(engine: Engine, step: Step, decode: Decode<T>, options: CallOptions = {}): Promise<Answer<T>> {
  return runOperation(engine, step, options, (operation) => ask(operation, step, decode));
}
