/**
 * The entry point. What Node makes of the sources (types stripped, code compiled) is kept beside the packages, where only the account that
 * installs them writes; where it cannot be kept, a start takes longer. It is JavaScript, because Node strips the types of the first file before
 * anything can be taken from there, and what strips them takes 18 MiB. `main.ts` is a link to it.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../../../node_modules/.cache/openkupe-server', import.meta.url)));
if (process.argv[2] === 'store') await import('../store-command/main.ts');
else if (process.argv[2] === 'config') await import('../config-command/main.ts');
else if (process.argv[2] === 'doctor') await import('../doctor/main.ts');
else if (process.argv[2] === 'secret-values') await import('../secret-values-command/main.ts');
else await import('./serve.ts');
