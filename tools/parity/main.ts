// npm run parity -- --fixtures DIR --backend NAME [--precision f32|f16] [--json] [--verbose]
// Compares a backend with reference tensors. Exits with 1 if anything exceeds its tolerance, with 2 for wrong
// arguments.
import { parseArgs } from 'node:util';
import { RewardEditError } from '@rewardedit/core';
import { PRECISIONS, type Precision } from '@rewardedit/diffusion';
import { openBackend } from './backends.ts';
import { CHECKS, IN_F16 } from './kinds.ts';
import { findSets } from './reference-sets.ts';
import { formatOutcome, passed, summarize, toJson, type Outcome } from './report.ts';
import { runSet } from './run-set.ts';

const USAGE = `npm run parity -- [--fixtures DIR] [--backend NAME] [--precision f32|f16] [--json] [--verbose]

  --fixtures DIR   a reference set, or a folder of them (default: fixtures/reference)
  --backend NAME   onnx, onnx:cuda, ... (default: onnx)
  --precision T    what layers compute in: f32, or f16, which the sets of U-Nets alone are checked in (default: f32)
  --json           one JSON document on stdout instead of tables
  --verbose        every tensor, not only the one nearest to its tolerance`;

function readArguments(): {
  fixtures: string;
  backend: string;
  precision: Precision;
  json: boolean;
  verbose: boolean;
} {
  try {
    const { values } = parseArgs({
      options: {
        fixtures: { type: 'string', default: 'fixtures/reference' },
        backend: { type: 'string', default: 'onnx' },
        precision: { type: 'string', default: 'f32' },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    const precision = PRECISIONS.find((one) => one === values.precision);
    if (!precision) throw new Error(`"${values.precision}" is not a precision`);
    return { ...values, precision };
  } catch (error) {
    throw new RewardEditError('usage', error instanceof Error ? error.message : String(error), {
      hint: USAGE,
    });
  }
}

async function main(): Promise<number> {
  const { fixtures, backend: name, precision, json, verbose } = readArguments();
  const sets = await findSets(fixtures);
  const backend = await openBackend(name);
  const outcomes: Outcome[] = [];
  try {
    for (const set of sets) {
      const check = precision === 'f32' || IN_F16.has(set.kind) ? CHECKS[set.kind] : undefined;
      const outcome = await runSet(set, backend, check, precision);
      outcomes.push(outcome);
      if (!json) process.stdout.write(`${formatOutcome(outcome, { verbose })}\n`);
    }
  } finally {
    await backend.dispose();
  }
  if (json) process.stdout.write(`${JSON.stringify(toJson(backend.name, outcomes, { verbose }), null, 2)}\n`);
  else process.stdout.write(summarize(backend.name, outcomes));
  return outcomes.every(passed) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof RewardEditError ? error : undefined;
  const lines = [
    [known?.where, error instanceof Error ? error.message : String(error)].filter(Boolean).join(': '),
    ...(known?.hint ? [known.hint] : []),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = known?.exitCode ?? 1;
}
