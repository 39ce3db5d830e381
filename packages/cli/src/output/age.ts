const STEPS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1_000 },
] as const;

/** How long ago an RFC 3339 time was, in its largest whole unit: `3d`, `5h`, `12m`, `8s`. Empty for a text that is no time. */
export function age(time: string, nowMs: number): string {
  const elapsedMs = nowMs - Date.parse(time);
  if (Number.isNaN(elapsedMs)) return '';
  const step = STEPS.find((candidate) => elapsedMs >= candidate.ms);
  return step ? `${Math.floor(elapsedMs / step.ms)}${step.unit}` : '0s';
}
