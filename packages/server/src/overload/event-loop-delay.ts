/**
 * The event loop's delay in milliseconds: how long its present turn has taken at `nowMs`, from the first call in that turn. Connections that
 * became readable during a turn are served one after another in the next, so what begins now has waited at least that long.
 */
export type EventLoopDelay = (nowMs: number) => number;

/** Makes an {@link EventLoopDelay}, which costs one callback per turn of the loop. */
export function createEventLoopDelay(): EventLoopDelay {
  let sinceMs: number | undefined;
  const endTurn = () => {
    sinceMs = undefined;
  };
  return (nowMs) => {
    if (sinceMs !== undefined) return nowMs - sinceMs;
    sinceMs = nowMs;
    // NOTE: runs after everything that is readable in this turn, and keeps the loop from waiting in between.
    setImmediate(endTurn);
    return 0;
  };
}
