/**
 * The entry point. What Node makes of the sources (types stripped, code compiled) is kept beside the packages, where only the account that
 * installs them writes; where it cannot be kept, a start takes longer.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../../../node_modules/.cache/openkupe-server', import.meta.url)));
await import('./serve.ts');
