// Which test files Vitest runs once more: those whose process ended before their tests did.

/**
 * Whether the process that ran a test file ended by itself: the file was loaded, no test of it failed, and one is still pending. A hook that fails
 * leaves its tests skipped.
 */
export function isInterrupted({ status, message, assertionResults }) {
  const has = (state) => assertionResults.some((test) => test.status === state);
  return status === 'failed' && !message && has('pending') && !has('failed');
}

/** Arguments of Vitest without those that name test files; what follows a flag is taken for its value. */
export function withoutPaths(all) {
  return all.filter((text, at) => text.startsWith('-') || /^-[^=]*$/.test(all[at - 1] ?? ''));
}
