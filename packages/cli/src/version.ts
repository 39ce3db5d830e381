import manifest from '../package.json' with { type: 'json' };

/** The version of the CLI. */
export const VERSION: string = manifest.version;
