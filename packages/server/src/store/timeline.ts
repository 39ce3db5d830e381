/**
 * A restore begins a new timeline: what was written after the backup is gone, and its revisions must not be given out again, or an ETag, the position of
 * a stream and the `webhook-id` of a message from then would belong to another change. So each timeline has this many revisions of its own.
 * They stay within the 15 digits that the API takes for 100,000 restores.
 */
const REVISIONS = 10_000_000_000;

/** Whether revisions are of different timelines, so that what was seen at one is not what led to the other. */
export function areOfDifferentTimelines(one: number, other: number): boolean {
  return Math.floor(one / REVISIONS) !== Math.floor(other / REVISIONS);
}

/** The first revision of the timeline behind that of `revision`. */
export function nextTimeline(revision: number): number {
  return (Math.floor(revision / REVISIONS) + 1) * REVISIONS;
}
