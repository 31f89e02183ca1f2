import {
  evaluate,
  evaluateTensors,
  gradients,
  input,
  mean,
  mul,
  program,
  sizeOf,
  sub,
} from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { createNetwork, initialParameters, type ParameterSpecs } from './parameters.ts';
import { largestDifference, readJsonFile, readTensors, referenceSet } from './reference.test.helper.ts';
import { rewardSinusoids } from './reward-conditioning.ts';
import { rewardConfigSchema } from './reward-config.ts';
import { timestepSinusoids } from './timestep-embedding.ts';
import { parseUNetConfig, type UNetConfig } from './unet-config.ts';
import { unetInputs } from './unet-inputs.ts';
import { unet } from './unet.ts';

const SMALL = {
  in_channels: 2,
  out_channels: 2,
  block_out_channels: [4, 8],
  layers_per_block: 1,
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: 2,
  cross_attention_dim: 3,
  norm_num_groups: 2,
};
const REWARD = { text_width: 3, score_width: 4, attention_heads: 2, norm_num_groups: 2 };

function start(specs: ParameterSpecs, seed = 1): Record<string, Float32Array> {
  return Object.fromEntries(initialParameters(specs, seed));
}

/** Some fixed numbers between -1 and 1. */
function numbers(count: number, phase: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + phase));
}

/** A small U-Net with its inputs, and its output as a function of weights and inputs. */
function smallUNet(changes: Record<string, unknown> = {}, batch = 2, height = 3, width = 4) {
  const config = parseUNetConfig({ ...SMALL, ...changes });
  const network = createNetwork();
  const inputs = unetInputs(config, { batch, height, width, tokens: 3 });
  const output = unet(network.scope, config, inputs);
  const values: Record<string, Float32Array> = {
    sample: numbers(sizeOf(inputs.sample.shape), 1),
    time_proj: timestepSinusoids(
      config,
      Array.from({ length: batch }, (_, i) => 17 + 300 * i),
    ),
    encoder_hidden_states: numbers(sizeOf(inputs.encoderHiddenStates.shape), 2),
  };
  if (inputs.classLabels) values.class_labels = numbers(sizeOf(inputs.classLabels.shape), 3);
  if (inputs.reward && config.reward) {
    values.reward_proj = rewardSinusoids(
      config.reward,
      Array.from({ length: 3 * batch }, (_, i) => i % 6),
    );
    values.negative_embeds = numbers(sizeOf(inputs.reward.feedback.shape), 4);
    if (inputs.reward.mask) values.reward_mask = new Float32Array(batch).fill(1);
  }
  const run = (state: Record<string, ArrayLike<number>>, given: Record<string, ArrayLike<number>> = values) =>
    evaluateTensors([output], { inputs: given, state })[0];
  return { config, network, inputs, output, values, run };
}

describe('against PyTorch in float64 (fixtures/reference/reward-unet-tiny)', () => {
  it('has the same output', async () => {
    const folder = referenceSet('reward-unet-tiny');
    const weights = await readTensors(`${folder}/diffusion_pytorch_model.safetensors`);
    const given = await readTensors(`${folder}/inputs.safetensors`);
    const expected = await readTensors(`${folder}/output_float64.safetensors`);
    const config: UNetConfig = {
      ...parseUNetConfig(readJsonFile(`${folder}/config.json`)),
      reward: rewardConfigSchema.parse({ text_width: 96 }),
    };
    const inputs = unetInputs(config, { batch: 2, height: 12, width: 12, tokens: 7 });
    const output = unet(createNetwork().scope, config, inputs);
    const [values] = evaluateTensors([output], {
      state: weights,
      inputs: {
        ...given,
        time_proj: timestepSinusoids(config, given.timestep),
        reward_proj: rewardSinusoids(config.reward!, given.reward_scores),
      },
    });
    // Both are float64; what differs is the last bit of some float32 sinusoids.
    expect(largestDifference(values, expected.output)).toBeLessThan(2e-6);
  });
});

describe('gradients', () => {
  it.each([
    ['the plain network', {}],
    ['rewards', { reward: REWARD }],
    ['rewards with a token for each perspective', { reward: { ...REWARD, tokens: 'per-perspective' } }],
    [
      'linear projections, FiLM and a class vector',
      {
        use_linear_projection: true,
        resnet_time_scale_shift: 'scale_shift',
        class_embed_type: 'simple_projection',
        projection_class_embeddings_input_dim: 5,
        act_fn: 'mish',
      },
    ],
  ])('of %s agree with finite differences', (_, changes) => {
    const { network, output, inputs, values } = smallUNet(changes, 1, 3, 2);
    const loss = mean(mul(sub(output, 0.3), sub(output, 0.3)));
    const names = Object.keys(network.parameters);
    const targets = [...Object.values(network.parameters), inputs.encoderHiddenStates];
    const state = start(network.specs);
    const analytic = evaluateTensors(gradients(loss, targets), { inputs: values, state });
    const lossAt = (given: typeof values, weights: Record<string, ArrayLike<number>>) =>
      evaluateTensors([loss], { inputs: given, state: weights })[0][0];

    // The derivative along one direction through all parameters at once checks every one of them.
    const direction = (name: string, i: number) => Math.sin(7.1 * (i + 1) + name.length);
    const step = 1e-5;
    const moved = (sign: number) =>
      Object.fromEntries(
        names.map((name) => [
          name,
          Float64Array.from(state[name], (value, i) => value + sign * step * direction(name, i)),
        ]),
      );
    const numeric = (lossAt(values, moved(1)) - lossAt(values, moved(-1))) / (2 * step);
    const projected = names.reduce(
      (total, name, k) => total + analytic[k].reduce((sum, g, i) => sum + g * direction(name, i), 0),
      0,
    );
    expect(projected).toBeCloseTo(numeric, 6);
    expect(Math.abs(numeric)).toBeGreaterThan(1e-3);

    const text = analytic[names.length];
    const bumped = (sign: number) => ({
      ...values,
      encoder_hidden_states: values.encoder_hidden_states.map((value, i) =>
        i === 0 ? value + sign * 0.01 : value,
      ),
    });
    const numericText = (lossAt(bumped(1), state) - lossAt(bumped(-1), state)) / 0.02;
    expect(text[0]).toBeCloseTo(numericText, 5);
  });

  it('are the same with recomputation', () => {
    const config = parseUNetConfig({ ...SMALL, reward: REWARD });
    const results = [false, true].map((recompute) => {
      const network = createNetwork();
      const inputs = unetInputs(config, { batch: 1, height: 2, width: 2, tokens: 2 });
      const loss = mean(mul(unet(network.scope, config, inputs, { recompute }), 2));
      const given = {
        sample: 8,
        time_proj: 4,
        encoder_hidden_states: 6,
        reward_proj: 12,
        negative_embeds: 3,
      };
      return evaluateTensors(gradients(loss, Object.values(network.parameters)), {
        state: start(network.specs),
        inputs: Object.fromEntries(Object.entries(given).map(([name, count]) => [name, numbers(count, 1)])),
      });
    });
    expect(results[1]).toEqual(results[0]);
  });
});

describe('unet', () => {
  it('treats the samples of a batch independently', () => {
    const both = smallUNet({ reward: REWARD }, 2);
    const one = smallUNet({ reward: REWARD }, 1);
    const state = start(both.network.specs);
    const first = Object.fromEntries(
      Object.entries(both.values).map(([name, values]) => [name, values.subarray(0, values.length / 2)]),
    );
    const whole = both.run(state);
    expect(largestDifference(one.run(state, first), whole.subarray(0, whole.length / 2))).toBeLessThan(1e-12);
  });

  it.each(['sample', 'time_proj', 'encoder_hidden_states', 'class_labels', 'reward_proj', 'negative_embeds'])(
    'depends on %s',
    (name) => {
      const { network, run, values } = smallUNet({
        reward: REWARD,
        class_embed_type: 'projection',
        projection_class_embeddings_input_dim: 5,
      });
      const state = start(network.specs);
      const changed = { ...values, [name]: values[name].map((value) => value + 0.5) };
      expect(largestDifference(run(state), run(state, changed))).toBeGreaterThan(1e-6);
    },
  );

  it('rejects unsupported and missing inputs', () => {
    const plain = parseUNetConfig(SMALL);
    const rewarded = parseUNetConfig({ ...SMALL, reward: REWARD });
    const size = { batch: 1, height: 2, width: 2, tokens: 2 };
    const { scope } = createNetwork();
    expect(() => unet(scope, plain, unetInputs(rewarded, size))).toThrow('does not support rewards');
    expect(() => unet(scope, rewarded, unetInputs(plain, size))).toThrow('requires rewards');
    const labels = { ...unetInputs(plain, size), classLabels: input('class_labels', [1, 5]) };
    expect(() => unet(scope, plain, labels)).toThrow('does not support class labels');
  });

  it('traces the outputs of modules by path', () => {
    const { network } = smallUNet({ reward: REWARD });
    expect(network.traces['down_blocks.0.attentions.0.transformer_blocks.0.attn2'].shape).toEqual([2, 12, 4]);
    expect(network.traces['proj_deal.proj_out'].shape).toEqual([2, 4, 3, 4]);
    expect(network.traces['ca.attention.self'].shape).toEqual([2, 12, 4]);
    expect(network.traces['up_blocks.0'].shape).toEqual([2, 8, 3, 4]);
  });
});

describe('variants of the reward conditioning', () => {
  it('have no effect at first if the last projections are zero', () => {
    const plain = smallUNet();
    const rewarded = smallUNet({ reward: { ...REWARD, zero_initialized: true } });
    const state = start(rewarded.network.specs);
    expect(largestDifference(rewarded.run(state), plain.run(state))).toBe(0);
  });

  it('learn from the first step if the last projections are zero', () => {
    const { network, output, values } = smallUNet({ reward: { ...REWARD, zero_initialized: true } });
    const learners = ['proj_deal.proj_out.weight', 'add_embedding.linear_2.weight', 'text_linear2.weight'];
    const targets = learners.map((name) => network.parameters[name]);
    const found = evaluateTensors(gradients(mean(mul(output, output)), targets), {
      inputs: values,
      state: start(network.specs),
    });
    for (const gradient of found) expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-6);
  });

  it('leave a sample with mask 0 as in the plain network', () => {
    const plain = smallUNet();
    const masked = smallUNet({ reward: { ...REWARD, mask: true } });
    const unmasked = smallUNet({ reward: REWARD });
    const state = start(masked.network.specs);
    const output = masked.run(state, { ...masked.values, reward_mask: [0, 1] });
    const half = output.length / 2;
    expect(largestDifference(output.subarray(0, half), plain.run(state).subarray(0, half))).toBe(0);
    expect(largestDifference(output.subarray(half), unmasked.run(state).subarray(half))).toBe(0);
  });

  it('scale scores before their sinusoids', () => {
    const scaled = rewardConfigSchema.parse({ score_scale: 10 });
    const plain = rewardConfigSchema.parse({});
    expect(rewardSinusoids(scaled, [0.5, 0, 0.25])).toEqual(rewardSinusoids(plain, [5, 0, 2.5]));
  });
});

describe('a training step', () => {
  it('is a program whose state has checkpoint keys as names', () => {
    const { network, output, values } = smallUNet();
    const step = program({ outputs: { loss: mean(mul(output, output)) } });
    expect(Object.keys(step.state).toSorted()).toEqual(Object.keys(network.specs).toSorted());
    const { outputs } = evaluate(step, { inputs: values, state: start(network.specs) });
    expect(outputs.loss[0]).toBeGreaterThan(0);
  });
});
