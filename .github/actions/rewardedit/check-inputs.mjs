// Refuses inputs of the action that would only be found wrong after the command has run.
import { annotate, readMinimum } from './verdict.mjs';

const { MINIMUM = '', ALLOW_MISSING, CACHE, VERSION = '' } = process.env;

try {
  readMinimum(MINIMUM);
  for (const [name, value] of Object.entries({ 'allow-missing': ALLOW_MISSING, cache: CACHE })) {
    if (!['true', 'false'].includes(value ?? ''))
      throw new Error(`${name}: expected true or false, but got ${value}`);
  }
  if (!/^[\w.+-]+$/.test(VERSION))
    throw new Error(`version: expected source or a version of the npm package, but got ${VERSION}`);
} catch (error) {
  annotate(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
