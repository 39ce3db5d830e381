import type { Done } from './pool.ts';

const EVERY_MS = 10_000;
const SLOWEST_SHOWN = 5;

function clockText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function nameOf({ subject: { scenario, circumstances, client }, cpuMs }: Done): string {
  return `${scenario} ${circumstances}, ${client} (${(cpuMs / 1_000).toFixed(1)} s)`;
}

/** Says on stderr how far a run is, every ten seconds, and at the end what took most of the processor. */
export function createProgress(nowMs: () => number) {
  const startedAt = nowMs();
  const all: Done[] = [];
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = (text: string) => process.stderr.write(`[${clockText(nowMs() - startedAt)}] ${text}\n`);
  return {
    say,
    elapsedMs: () => nowMs() - startedAt,
    cpuMs: () => all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    onDone(done: Done, left: number): void {
      all.push(done);
      if (left > 0 && nowMs() - saidAt < EVERY_MS) return;
      saidAt = nowMs();
      say(`${all.length} of ${all.length + left} done, last ${nameOf(done)}`);
    },
    sayWhatTookMost(): void {
      const slowest = all.toSorted((one, other) => other.cpuMs - one.cpuMs).slice(0, SLOWEST_SHOWN);
      say(`Most of the processor: ${slowest.map(nameOf).join('; ')}`);
    },
  };
}
