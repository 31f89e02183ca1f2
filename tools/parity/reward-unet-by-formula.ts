import { join } from 'node:path';
import { sizeOf, type Backend } from '@rewardedit/graph';
import { parseUNetConfig, rewardConfigOf } from '@rewardedit/models';
import { compareAll, difference, type Group, type Tolerance } from './comparison.ts';
import { formulaValues, parseFormulaWeights } from './formula-weights.ts';
import { readJsonFile, readTensors, type ReferenceSet } from './reference-sets.ts';
import { runUNet } from './unet-run.ts';

const OUTPUT: Tolerance = { absolute: 2e-4, relative: 0 };
const ACTIVATION: Tolerance = { absolute: 1e-6, relative: 2e-4 };
/** Relative to each gradient; the absolute part is for gradients that are zero up to rounding. */
const GRADIENT: Tolerance = { absolute: 1e-6, relative: 1e-3 };
/** Entries per gradient in `gradient_summary.safetensors`. */
const ENTRIES = 8;

/**
 * Checks `reward-unet-by-formula` sets: a full-width network whose weights follow from a formula and whose
 * gradients are known by their norms and some entries.
 */
export async function checkRewardUNetByFormula({ folder }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const weightsFile = join(folder, 'weights.json');
  const configFile = join(folder, 'config.json');
  const { tensors, gradientRows } = parseFormulaWeights(await readJsonFile(weightsFile), weightsFile);
  const config = {
    ...parseUNetConfig(await readJsonFile(configFile), configFile),
    reward: rewardConfigOf((name) => tensors[name]?.shape),
  };
  const { values: expected } = await readTensors(join(folder, 'output.safetensors'));
  const { output, loss, ...named } = expected;
  const activations = Object.fromEntries(
    Object.entries(named).map(([name, values]) => [name.replace(/^activation\./, ''), values]),
  );

  const results = await runUNet(backend, config, {
    read: async (name) => formulaValues(name, sizeOf(tensors[name].shape), tensors[name]),
    given: await readTensors(join(folder, 'inputs.safetensors')),
    activations: Object.keys(activations),
    inputGradients: [],
  });
  const { values: summary } = await readTensors(join(folder, 'gradient_summary.safetensors'));
  return [
    compareAll('output', { output: results.output, loss: results.loss }, { output, loss }, OUTPUT),
    compareAll('activations', results.activations, activations, ACTIVATION),
    {
      name: 'gradient norms',
      tolerance: GRADIENT,
      differences: gradientRows.map((name, row) =>
        difference(name, [norm(results.gradients[name])], [summary.norms[row]], GRADIENT),
      ),
    },
    {
      name: 'gradient entries',
      tolerance: GRADIENT,
      differences: gradientRows.map((name, row) => {
        const gradient = results.gradients[name];
        const listed = summary.entries.subarray(row * ENTRIES, (row + 1) * ENTRIES);
        const found = Array.from(listed, (_, k) => gradient[Math.floor((k * gradient.length) / ENTRIES)]);
        return difference(name, found, listed, GRADIENT);
      }),
    },
  ];
}

function norm(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] ** 2;
  return Math.sqrt(squares);
}
