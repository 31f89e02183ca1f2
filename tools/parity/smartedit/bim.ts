import { join } from 'node:path';
import { add, input, type Backend } from '@rewardedit/graph';
import { POSITION_BUFFER, bim, createNetwork, parseBimConfig } from '@rewardedit/models';
import type { Group } from '../comparison.ts';
import { runNetwork } from '../network-run.ts';
import { asRecord, readTensors, type ReferenceSet } from '../reference-sets.ts';
import { askedBy, compareRun, meanSquaredError, readExpected, readWeights } from './set.ts';

/** Checks `smartedit-bim` sets: context, feature map, loss, activations and gradients. */
export async function checkBim({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const where = join(folder, 'reference.json');
  const config = parseBimConfig(facts.config, where);
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const expected = await readExpected(folder);
  const network = createNetwork();
  const queries = input('query_output', given.shapes.query_output);
  const imageFeatures = input('image_features', given.shapes.image_features);
  const { context, featureMap } = bim(
    network.scope,
    config,
    { queries, imageFeatures },
    sizesIn(asRecord(facts.config)),
  );
  const loss = add(
    meanSquaredError(context, input('target_context', given.shapes.target_context)),
    meanSquaredError(featureMap, input('target_feature_map', given.shapes.target_feature_map)),
  );
  const results = await runNetwork(
    backend,
    {
      network,
      outputs: { context, feature_map: featureMap, loss },
      loss,
      differentiable: { query_output: queries, image_features: imageFeatures },
      read: await readWeights(folder, network.specs, [{ file: 'model.safetensors', has: () => true }]),
      given: given.values,
    },
    askedBy(
      expected,
      Object.keys(network.parameters).filter((name) => !name.endsWith(POSITION_BUFFER)),
    ),
  );
  return compareRun(results, expected);
}

/** The sizes of the image features and of the latent, which a set lists next to the configuration. */
export function sizesIn(config: Readonly<Record<string, unknown>>) {
  const size = (name: string) => {
    const [height, width] = config[name] as [number, number];
    return { height, width };
  };
  return { grid: size('image_grid'), latent: size('latent_size') };
}
