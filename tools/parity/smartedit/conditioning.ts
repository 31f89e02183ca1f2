import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cast, input, type Backend } from '@rewardedit/graph';
import {
  POSITION_BUFFER,
  bim,
  createNetwork,
  parseBimConfig,
  parseQFormerConfig,
  parseUNetConfig,
  qformer,
  unet,
  unetInputs,
  type UNetConfig,
} from '@rewardedit/models';
import { compareAll, type Group } from '../comparison.ts';
import { runNetwork } from '../network-run.ts';
import { asRecord, readJsonFile, readTensors, type ReferenceSet } from '../reference-sets.ts';
import { unetSinusoids } from '../unet-run.ts';
import { sizesIn } from './bim.ts';
import { askedBy, compareRun, meanSquaredError, readExpected, readWeights, type Expected } from './set.ts';

type Order = NonNullable<UNetConfig['reward']>['order'];

const isUNet = (name: string) => name.startsWith('unet.');
const isQFormer = (name: string) => name.startsWith('sd_q');
const OTHER_ORDER = { absolute: 1e-4, relative: 0 };

/**
 * Checks `smartedit-conditioning` sets: from the language model's states and image features to the loss of a
 * reward-conditioned U-Net, and output and loss with feature map and rewards in the other order.
 */
export async function checkConditioning(set: ReferenceSet, backend: Backend): Promise<Group[]> {
  const { folder } = set;
  const expected = await readExpected(folder);
  const groups = compareRun(await runOrder(set, backend, 'feature-map-first', expected), expected);
  const other = join(folder, 'output_reward_first.safetensors');
  if (!existsSync(other)) return groups;
  const { values: outputs } = await readTensors(other);
  const alone = { outputs, activations: {}, gradients: {}, inputGradients: {} };
  const found = await runOrder(set, backend, 'rewards-first', alone);
  return [...groups, compareAll('output, rewards first', found.outputs, outputs, OTHER_ORDER)];
}

async function runOrder({ folder, facts }: ReferenceSet, backend: Backend, order: Order, expected: Expected) {
  const where = join(folder, 'reference.json');
  const config = asRecord(facts.config);
  const unetFile = join(folder, 'unet', 'config.json');
  const unetConfig = parseUNetConfig(
    { ...asRecord(await readJsonFile(unetFile)), reward: { ...asRecord(config.reward), order } },
    unetFile,
  );
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const { shapes } = given;

  const network = createNetwork();
  const states = input('hidden_states', shapes.hidden_states);
  const imageFeatures = input('image_features', shapes.image_features);
  const visible = cast(input('encoder_attention_mask', shapes.encoder_attention_mask, 'i32'), 'f32');
  const queries = qformer(network.scope, parseQFormerConfig(config.qformer, where), states, { visible });
  const bimConfig = parseBimConfig(config.bim, where);
  const interaction = bim(
    network.scope,
    bimConfig,
    { queries, imageFeatures },
    sizesIn(asRecord(config.bim)),
  );
  const [batch, , height, width] = shapes.sample;
  const inputs = unetInputs(unetConfig, { batch, height, width, tokens: queries.shape[1] });
  const output = unet(network.scope.at('unet'), unetConfig, {
    ...inputs,
    encoderHiddenStates: interaction.context,
    featureMap: interaction.featureMap,
  });
  const loss = meanSquaredError(output, input('target', shapes.target));
  return runNetwork(
    backend,
    {
      network,
      outputs: { output, loss },
      loss,
      stages: { query_output: queries, context: interaction.context, feature_map: interaction.featureMap },
      differentiable: {
        hidden_states: states,
        image_features: imageFeatures,
        sample: inputs.sample,
        negative_embeds: inputs.reward?.feedback,
      },
      read: await readWeights(folder, network.specs, [
        { file: 'embeddings_qformer.safetensors', has: isQFormer },
        { file: 'modulate.safetensors', has: (name) => !isQFormer(name) && !isUNet(name) },
        { file: 'unet/diffusion_pytorch_model.safetensors', prefix: 'unet.', has: isUNet },
      ]),
      given: { ...given.values, ...unetSinusoids(unetConfig, given.values) },
    },
    askedBy(
      expected,
      Object.keys(network.parameters).filter((name) => !name.endsWith(POSITION_BUFFER)),
    ),
  );
}
