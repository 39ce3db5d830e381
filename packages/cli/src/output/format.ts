/** How a result is written to stdout. */
export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];
