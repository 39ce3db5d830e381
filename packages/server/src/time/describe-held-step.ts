import { formatTime } from '@openkupe/contract';
import { CONFIRM_MS, type HeldStep } from './confirmed-time.ts';

const MINUTES = CONFIRM_MS / 60_000;

/** The day that `openkupe operator billing confirm-clock` has to name, in UTC: `2026-02-10`. */
export const dayOf = (epochMs: number) => formatTime(epochMs).slice(0, 10);

/** One sentence for the log, `/readyz?verbose` and the operator: the step, and when it is applied. */
export function describeHeldStep({ wallMs, knownMs, needsOperator }: HeldStep): string {
  const end = needsOperator
    ? `until an operator confirms it with: openkupe operator billing confirm-clock ${dayOf(wallMs)}`
    : `until the wall clock has said so for ${MINUTES} minutes`;
  return `The wall clock was set to ${formatTime(wallMs)}; bills and idempotency records go by ${formatTime(knownMs)} ${end}`;
}
