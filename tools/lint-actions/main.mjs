// Checks the workflows and actions of this repository; part of `npm run lint`. Needs no network.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lintActions } from './lint-actions.mjs';

const findings = lintActions(join(dirname(fileURLToPath(import.meta.url)), '..', '..'));
for (const finding of findings) process.stderr.write(`${finding}\n`);
if (findings.length > 0) process.exitCode = 1;
