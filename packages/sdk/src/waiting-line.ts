/** Somebody who waits, with what is known about them; whoever calls `grant` has taken them out of the line. */
export type Standing<T, Who> = Who & { grant(value: T): void };

/** Waits at the end of a line. Throws the signal's reason when it aborts, having left the line and told so through `onLeave`. */
export function standIn<T, Who extends object>(line: Standing<T, Who>[], who: Who, signal: AbortSignal, onLeave: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      line.splice(line.indexOf(place), 1);
      reject(signal.reason);
      onLeave();
    };
    const place: Standing<T, Who> = {
      ...who,
      grant(value) {
        signal.removeEventListener('abort', leave);
        resolve(value);
      },
    };
    line.push(place);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
