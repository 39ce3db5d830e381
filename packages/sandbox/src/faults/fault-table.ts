import { oneOf, strict } from '@openkupe/contract/resources/schema';
import { Type } from '@openkupe/contract/resources/type';
import type { Static } from 'typebox';

const integer = (minimum: number, maximum: number, defaultValue: number, description: string) =>
  Type.Integer({ minimum, maximum, default: defaultValue, description });
const text = (maxLength: number, defaultValue: string, description: string) =>
  Type.String({ maxLength, default: defaultValue, description });
const flag = (defaultValue: boolean, description: string) => Type.Boolean({ default: defaultValue, description });
const word = <const Values extends readonly string[]>(values: Values, defaultValue: Values[number], description: string) =>
  Type.Unsafe<Values[number]>({ ...oneOf(values, description), default: defaultValue });

/** Milliseconds on the wire are real ones, and nothing waits longer than an hour. */
const MOST_MS = 3_600_000;
const HALF = Type.Unsafe<number>({ type: 'number', minimum: 0, maximum: 1, default: 0.5, description: 'Which part of the body arrives.' });

/** The states that a fault can put a cluster into, besides being slow. */
export const CLUSTER_STATES = [
  'degraded',
  'never-ready',
  'never-gone',
  'unreachable',
  'apply-fails',
  'replica-lost',
  'quorum-lost',
] as const;

/** Every fault by its kind, as the JSON Schema of its parameters. Each parameter has a default. */
export const FAULTS = {
  status: strict({
    status: integer(400, 599, 503, 'The status that is answered. The request is not executed.'),
    retryAfter: text(
      200,
      '',
      'The Retry-After header as it is sent: 0, 0.5, 86400, a date, anything. date+30: that many seconds from now as an HTTP date. Empty: none.',
    ),
    error: text(500, 'a fault of the sandbox', 'The text of the error in the body.'),
  }),
  latency: strict({
    ms: integer(0, MOST_MS, 1_000, 'How long the request is held before anything is done with it, in real milliseconds.'),
  }),
  'lost-answer': strict({ executed: flag(true, 'Whether the request is executed before the connection ends without an answer.') }),
  reset: strict({ executed: flag(false, 'Whether the request is executed before the connection is reset (RST).') }),
  'half-body': strict({ fraction: HALF }),
  'slow-body': strict({
    pieces: integer(2, 1_000, 8, 'In how many pieces the body is sent.'),
    everyMs: integer(0, MOST_MS, 250, 'The pause after each piece, in real milliseconds.'),
  }),
  'content-type': strict({
    type: text(200, 'text/html; charset=utf-8', 'The Content-Type that is named.'),
    body: text(10_000, '', 'The body that is sent in place of the real one, which stays where this is empty.'),
  }),
  compressed: strict({ coding: word(['gzip', 'deflate', 'br'], 'gzip', 'The coding of the body, whether it was asked for or not.') }),
  'stale-read': strict({}),
  duplicate: strict({ answer: word(['first', 'second'], 'first', 'Which of the two answers the client gets.') }),
  'second-writer': strict({}),
  'expire-key': strict({}),
  'slow-cluster': strict({ seconds: integer(1, 31_536_000, 600, 'How long provisioning takes, in seconds of the clock of the sandbox.') }),
  cluster: strict({
    state: word(CLUSTER_STATES, 'degraded', 'What is wrong with the cluster that the request names.'),
    seconds: integer(0, 31_536_000, 0, 'For how long, in seconds of the clock of the sandbox; 0: until the sandbox is reset.'),
  }),
};

/** The name of a fault. */
export type FaultKind = keyof typeof FAULTS;
/** A fault with all of its parameters. */
export type Fault = { [Kind in FaultKind]: { readonly kind: Kind } & Static<(typeof FAULTS)[Kind]> }[FaultKind];
/** A fault as it is written: what is left out has its default. */
export type FaultInput = { [Kind in FaultKind]: { readonly kind: Kind } & Partial<Static<(typeof FAULTS)[Kind]>> }[FaultKind];

/** Every kind, in the order of the table. */
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[];
