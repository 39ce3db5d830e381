/** A listener that only watches: what it throws must not change what a call does. */
export function onlyWatching<E>(listen: ((event: E) => void) | undefined): (event: E) => void {
  return (event) => {
    try {
      listen?.(event);
    } catch {
      // NOTE: told to nobody, because whoever listens is whom it would be told to.
    }
  };
}
