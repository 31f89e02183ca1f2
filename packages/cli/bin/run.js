#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Starting takes less time where Node finds its code compiled already.
enableCompileCache();
const { main } = await import('../dist/index.js');
main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
