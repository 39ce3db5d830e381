/** Somebody who waits, with what is known about them; exactly one of the two ends is called, and by then they have left the line. */
export type Standing<T, Who> = Who & { grant(value: T): void; refuse(reason: unknown): void };

/** Waits at the end of a line. Throws the signal's reason when it aborts, having left the line and told so through `onLeave`. */
export function standIn<T, Who extends object>(line: Standing<T, Who>[], who: Who, signal: AbortSignal, onLeave: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      line.splice(line.indexOf(place), 1);
      reject(signal.reason);
      onLeave();
    };
    const after =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        signal.removeEventListener('abort', leave);
        settle(value);
      };
    const place: Standing<T, Who> = { ...who, grant: after(resolve), refuse: after(reject) };
    line.push(place);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
