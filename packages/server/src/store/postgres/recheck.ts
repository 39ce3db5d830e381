/**
 * Answers at once whether something is still broken, as it was when it was last looked at, and looks again for the next time: a report is read
 * without waiting for the database.
 */
export function createRecheck(isBroken: () => Promise<boolean>): () => boolean {
  let isStillBroken = true;
  let isLooking = false;
  return () => {
    if (isStillBroken && !isLooking) {
      isLooking = true;
      isBroken()
        .then((answer) => {
          isStillBroken = answer;
        })
        // NOTE: a database that does not answer repairs nothing.
        .catch(() => {})
        .finally(() => {
          isLooking = false;
        });
    }
    return isStillBroken;
  };
}
