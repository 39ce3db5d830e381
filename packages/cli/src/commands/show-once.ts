import type { Context } from '../command.ts';
import type { NextStep } from '../failure/failure.ts';
import type { Creation } from '../idempotency/creation.ts';
import { object, type Result, type View } from '../output/result.ts';

/** What was made, and what to do about it. */
interface Made<Item> {
  readonly item: Item;
  readonly view: View<Item>;
  /** What is shown once: `key`. */
  readonly what: string;
  /** `The API key ak-7f3b2c1d was created`. */
  readonly made: string;
  /** The command that undoes it. */
  readonly undo: string;
  /** What comes next besides running the same again. */
  readonly next: NextStep;
}

/** What a command made, as the result that shows its secret once. The same command brings it again until it was shown. */
export function showOnce<Item>(
  { item, view, what, made, undo, next }: Made<Item>,
  creation: Pick<Creation<unknown>, 'again' | 'end'>,
  context: Context,
): Result {
  return object(item, view, {
    made,
    remedy: `run the same again to see it, or ${undo}`,
    next: [creation.again, next],
    async delivered() {
      // NOTE: -o name shows no secret, so the record of the create stays, and brings it.
      if (context.format === 'name') return context.note(`The ${what} was not shown; run the same again without "-o name" to see it.`);
      context.note(`Keep the ${what} now; it cannot be shown again.`);
      await creation.end();
    },
  });
}
