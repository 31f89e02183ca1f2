#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Starting takes half as long where Node finds its code compiled already.
enableCompileCache();
const { main } = await import('../dist/index.js');
await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
