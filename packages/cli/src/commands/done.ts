import { type Context, text } from '../command.ts';
import { object, type Result } from '../output/result.ts';
import { deletedView } from '../output/views.ts';
import { noteValid } from './validate-flag.ts';

/** The flag of a write that may be conditional on a version. */
export const IF_MATCH_FLAG = { ifMatch: text('version', 'Only if its resourceVersion (or ETag) is still this one.') } as const;

/** The version of {@link IF_MATCH_FLAG} as an option of the client. */
export function onlyIf(ifMatch: string | undefined): { readonly ifMatch?: string } {
  return ifMatch === undefined ? {} : { ifMatch };
}

/** The end of a write that was only validated. */
export function valid(context: Context): Result {
  noteValid(context);
  return { kind: 'nothing' };
}

/** The end of a deletion. */
export function deleted(kind: string, name: string): Result {
  return object({ name, status: { phase: 'Deleted' } }, deletedView(kind));
}
