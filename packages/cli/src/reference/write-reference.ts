import { mkdirSync, writeFileSync } from 'node:fs';
import { COMMANDS, NOUNS } from '../commands/index.ts';
import { printReference } from './print-reference.ts';

const page = new URL('../../../../docs/reference/cli.md', import.meta.url);
mkdirSync(new URL('.', page), { recursive: true });
writeFileSync(page, printReference(COMMANDS, NOUNS));
