import { StoreUnavailableError } from './store.ts';

/** What a caller gets when the files of the store are not where they were opened. `executed`: whether the change may stand in them. */
export function moved(executed: 'no' | 'unknown'): StoreUnavailableError {
  return new StoreUnavailableError(
    'The data folder was removed or replaced while the control plane runs; put it back, or stop the control plane and start it on the right folder',
    { failure: 'moved', executed },
  );
}

/** What a caller of a store that was closed gets. */
export function closed(): StoreUnavailableError {
  return new StoreUnavailableError('The store is closed; nothing was changed, retry on a running server');
}
