#!/usr/bin/env node
import nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`rewardedit needs Node 22.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
// Starting takes half as long where Node finds its code compiled already.
nodeModule.enableCompileCache();
const { main } = await import('../dist/index.js');
await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
