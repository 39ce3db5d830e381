import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The event loop's 99th percentile delay in milliseconds, over what happened since the last `reset`. */
export interface EventLoopDelay {
  p99Ms(): number;
  reset(): void;
  stop(): void;
}

const RESOLUTION_MS = 10;

export function createEventLoopDelay(): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    // The histogram counts the whole interval between two looks, of which the resolution is its own.
    p99Ms: () => Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS),
    reset: () => histogram.reset(),
    stop: () => void histogram.disable(),
  };
}
