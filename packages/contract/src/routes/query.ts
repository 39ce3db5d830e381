import { LIMITS } from '../limits.ts';

/** A query parameter of a route: what its text has to be. */
export interface QueryParameter {
  readonly description: string;
  /** What the whole text matches. */
  readonly pattern: string;
  /** The same in words, to complete "must …" in a message. */
  readonly rule: string;
  /** All that it can be, where that is a few words. */
  readonly values?: readonly string[];
}

/** The query parameters of a route, by name. */
export type QueryParameters = Readonly<Record<string, QueryParameter>>;

/** A parameter that is one of a few words. */
export function oneWordOf(values: readonly string[], description: string): QueryParameter {
  return { description, values, pattern: `^(${values.join('|')})$`, rule: `be one of ${values.join(', ')}` };
}

/** The parameter of every write. */
export const VALIDATE_ONLY = {
  validateOnly: oneWordOf(
    ['true', 'false'],
    'With true everything is checked and answered as if the request was carried out, and nothing is: the answer has the header Validate-Only, ' +
      'no ETag, and nothing in place of what only a write gives, such as a version or an API key. The Idempotency-Key is not used up.',
  ),
} as const satisfies QueryParameters;

/** Every query parameter that a route takes. */
export function queryParametersOf({ method, query }: { readonly method: string; readonly query?: QueryParameters }): QueryParameters {
  return { ...query, ...(method === 'GET' ? {} : VALIDATE_ONLY) };
}

/** The parameters of a list that is read in pages. Without `limit` a list is answered whole. */
export const PAGE_QUERY = {
  limit: {
    description: `The most items of a page. A page may have fewer; as long as it has "continue" there is more.`,
    pattern: '^([1-9][0-9]?|[1-4][0-9]{2}|500)$',
    rule: `be a whole number from 1 to ${LIMITS.pageItems}`,
  },
  continue: {
    description: 'The "continue" of the page before: the page after it is read, whatever was written meanwhile.',
    pattern: '^[A-Za-z0-9_-]{1,512}$',
    rule: 'be the "continue" of the page before',
  },
} as const satisfies QueryParameters;

/** Items whose name begins like this. */
export const NAME_PREFIX: QueryParameter = {
  description: 'Only items whose name begins like this.',
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  rule: 'be the beginning of a name: lower-case letters, digits and hyphens',
};

/** Items whose labels a selector selects. */
export const LABEL_SELECTOR: QueryParameter = {
  description:
    'Only items whose labels meet all of these, as with kubectl: env=prod, env!=prod, env in (prod,test), env notin (dev), env, !env; with commas between them.',
  pattern: '^[A-Za-z0-9 _.,/=!()-]{1,1024}$',
  rule: 'be a label selector such as env=prod,tier in (web,api),!legacy',
};

/** Clusters of a version. */
export const VERSION_FILTER: QueryParameter = {
  description: 'Only clusters that are to have this version; a minor version such as 1.32 stands for all of its patches.',
  pattern: '^v?[0-9]{1,3}\\.[0-9]{1,3}(\\.[0-9]{1,3})?$',
  rule: 'be a version such as 1.32',
};
