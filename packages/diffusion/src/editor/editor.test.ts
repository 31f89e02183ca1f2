import { createOnnxBackend } from '@rewardedit/backend-onnx';
import type { EventBody, Reward } from '@rewardedit/core';
import { encodePng, pictureRow, type Picture } from '@rewardedit/data';
import {
  bytesOfStates,
  dataOf,
  numbersOf,
  sizeOf,
  totalMemory,
  type Backend,
  type CompileOptions,
  type State,
  type TensorData,
} from '@rewardedit/graph';
import {
  createTokenizer,
  initialParameters,
  parseClipTextConfig,
  parseUNetConfig,
  rewardConfigSchema,
  trainTokenizer,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AUTOENCODER, editModelConfig, type EditModelConfig } from '../edit-model.ts';
import { editParameters } from '../edit-parameters.ts';
import { fromPixelSpace, latentSpace, pixelSpace, toPixelSpace } from '../picture-space/index.ts';
import { identity, patchAutoencoder } from '../picture-space/patch-autoencoder.test.helper.ts';
import { typesToRun } from '../precision.ts';
import { parseSchedulerConfig } from '../scheduler-config.ts';
import { defaultEditSettings } from './default-settings.ts';
import { editMemory } from './edit-memory.ts';
import { createEditor, type Editor, type EditRequest, type EditSettings } from './editor.ts';

const TOKENS = 8;
const tokenizer = createTokenizer(
  trainTokenizer(['make it red', 'make it blue'], { merges: 20, maxLength: TOKENS }),
);

/** A network of random weights, so that everything it is told changes what it answers. */
const model: EditModelConfig = {
  tokens: TOKENS,
  space: pixelSpace(2),
  coordinates: true,
  scheduler: parseSchedulerConfig({
    beta_schedule: 'squaredcos_cap_v2',
    rescale_betas_zero_snr: true,
    timestep_spacing: 'trailing',
    prediction_type: 'sample',
    residual: true,
  }),
  textEncoder: parseClipTextConfig({
    vocab_size: Object.keys(tokenizer.files.vocabulary).length,
    hidden_size: 16,
    intermediate_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: TOKENS,
    eos_token_id: tokenizer.endId,
  }),
  unet: parseUNetConfig({
    in_channels: 26,
    out_channels: 12,
    block_out_channels: [16],
    layers_per_block: 1,
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D'],
    attention_head_dim: 2,
    cross_attention_dim: 16,
    norm_num_groups: 4,
    reward: rewardConfigSchema.parse({
      text_width: 16,
      score_width: 16,
      norm_num_groups: 4,
      score_scale: 10,
    }),
  }),
};

const SIZE = { width: 8, height: 12 };
const picture = (shift: number): Picture => ({
  ...SIZE,
  data: Uint8Array.from({ length: 3 * SIZE.width * SIZE.height }, (_, i) => (i * 37 + shift * 90) % 256),
});
const reward = (score: number): Reward => ({
  scores: { following: score, preserving: score, quality: score },
  feedback: {},
});

let backend: Backend;
let state: State;
let shared: Editor;

beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  const parameters = editParameters(model);
  state = await backend.createState(parameters);
  for (const [name, values] of initialParameters(parameters, 1)) await state.write(name, values);
  shared = createEditor({ model, tokenizer, backend, state });
});
afterAll(() => backend.dispose());

async function edit(
  settings: Partial<EditSettings>,
  pictures = [picture(0)],
  instruction = 'make it red',
  on = backend,
) {
  // Programs are compiled once for all tests that do not watch their backend.
  const editor = on === backend ? shared : createEditor({ model, tokenizer, backend: on, state });
  const requests = pictures.map((one, i) => ({ key: String(i), picture: one, instruction }));
  const edited = await editor.edit(requests, { ...defaultEditSettings(model), steps: 4, ...settings });
  if (editor !== shared) await editor.dispose();
  return edited.map(({ data }) => [...data]);
}

const request = (shift: number): EditRequest => ({
  key: 'one',
  picture: picture(shift),
  instruction: 'make it red',
});

/** The backend with some of its answers changed, that writes down how many samples the network ran on and what was read back. */
function counted(changes: Partial<Backend>) {
  const rows: number[] = [];
  const read: string[] = [];
  const counting: Backend = {
    ...backend,
    createState: async (specs) => {
      const made = await backend.createState(specs);
      vi.spyOn(made, 'read').mockImplementation(async (name) => {
        read.push(name);
        return new Float32Array();
      });
      return made;
    },
    compile: async (...given) => {
      const executable = await backend.compile(...given);
      return {
        ...executable,
        run: async (inputs) => {
          const { shown } = inputs as Record<string, TensorData>;
          if (shown) rows.push(shown.length);
          const outputs = await executable.run(inputs);
          read.push(...Object.keys(outputs));
          return outputs;
        },
      };
    },
    ...changes,
  };
  return { backend: counting, rows, read };
}

const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((total, value, i) => total + Math.abs(value - b[i]), 0) / a.length;

describe('an editor', () => {
  it('returns the same picture for the same settings, and keeps its size', async () => {
    const [first] = await edit({});
    expect(first).toHaveLength(3 * SIZE.width * SIZE.height);
    expect(await edit({})).toEqual([first]);
    // Also from programs of its own.
    expect(await edit({}, [picture(0)], 'make it red', { ...backend })).toEqual([first]);
  });

  it('returns nearly the same picture with weights and layers in f16', async () => {
    const types = typesToRun('f16');
    const parameters = editParameters(model, types);
    const half = await backend.createState(parameters);
    for (const name of Object.keys(parameters))
      await half.write(name, dataOf('f16', numbersOf(await state.read(name))));
    const editor = createEditor({ model, tokenizer, backend, state: half, types });
    const [{ data }] = await editor.edit([{ ...request(0), key: '0' }], {
      ...defaultEditSettings(model),
      steps: 1,
    });
    await editor.dispose();
    await half.dispose();
    const [single] = await edit({ steps: 1 });
    expect(distance([...data], single)).toBeLessThan(1);
    expect([...data]).not.toEqual(single);
  });

  it('depends on the seed, the instruction, the scores, the feedback and each of the scales', async () => {
    const [plain] = await edit({ textScale: 2, imageScale: 1.5 });
    const changes: Partial<EditSettings>[] = [
      { seed: 1 },
      { reward: reward(1) },
      { reward: { ...reward(5), feedback: { quality: 'make it blue' } } },
      { textScale: 4 },
      { imageScale: 3 },
      { rewardScale: 2 },
      { sampler: 'euler-ancestral' },
    ];
    for (const change of changes) {
      const [changed] = await edit({ textScale: 2, imageScale: 1.5, ...change });
      expect(distance(changed, plain), JSON.stringify(change)).toBeGreaterThan(0);
    }
    const [other] = await edit({ textScale: 2, imageScale: 1.5 }, [picture(0)], 'make it blue');
    expect(distance(other, plain)).toBeGreaterThan(0);
  });

  it('is guided in the given steps, by default in all', async () => {
    const scales = { textScale: 3, imageScale: 2, rewardScale: 1 };
    const [everywhere, middle, nowhere, unguided] = [
      await edit(scales),
      await edit({ ...scales, guidedSteps: [2, 3] }),
      await edit({ ...scales, guidedSteps: [5, 9] }),
      await edit({ textScale: 1, imageScale: 1, rewardScale: 0 }),
    ];
    expect(await edit({ ...scales, guidedSteps: [1, 4] })).toEqual(everywhere);
    expect(nowhere).toEqual(unguided);
    for (const other of [everywhere, nowhere]) expect(distance(middle[0], other[0])).toBeGreaterThan(0);
  });

  it('runs one row per picture in steps without guidance, and reads back only the last', async () => {
    const { backend: counting, rows, read } = counted({});
    const scales = { textScale: 3, imageScale: 2, rewardScale: 1 };
    const readWeights = vi.spyOn(state, 'read');
    await edit({ ...scales, guidedSteps: [2, 3] }, [picture(0), picture(1)], 'make it red', counting);
    expect(rows).toEqual([2, 8, 8, 2]);
    expect(read).toEqual(['pixels']);
    expect(readWeights).not.toHaveBeenCalled();
    readWeights.mockRestore();
  });

  it('saves previews of the edits in progress if asked to', async () => {
    const kept: Uint8Array[] = [];
    const events: EventBody[] = [];
    const editor = createEditor({ model, tokenizer, backend, state });
    const edited = await editor.edit(
      [request(0), { ...request(1), key: 'other' }],
      { ...defaultEditSettings(model), steps: 3 },
      {
        emit: (event) => events.push(event),
        savePreview: async (png) => {
          kept.push(png);
          return `previews/${kept.length}.png`;
        },
      },
    );
    const shown = events.flatMap((event) => (event.type === 'denoised' ? [event.preview] : []));
    expect(shown).toHaveLength(3);
    expect([shown[0], shown[2]]).toEqual(['previews/1.png', `previews/${kept.length}.png`]);
    // The last step's x0 is the edit.
    expect(Buffer.from(kept.at(-1)!)).toEqual(encodePng(pictureRow(edited)));
    expect(Buffer.from(kept[0])).not.toEqual(encodePng(pictureRow(edited)));
    await editor.dispose();
  });

  it('runs branches one after another if a batch does not pay or fit', async () => {
    const scales = { textScale: 3, imageScale: 2, rewardScale: 1 };
    const pictures = [picture(0), picture(1)];
    const together = await edit({ ...scales, steps: 2 }, pictures);
    for (const trait of [{ batchPays: () => false }, { availableMemory: () => 1000 }]) {
      const { backend: counting, rows } = counted(trait);
      const apart = await edit({ ...scales, steps: 2 }, pictures, 'make it red', counting);
      expect(rows).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
      apart.forEach((one, i) => expect(distance(one, together[i])).toBeLessThan(0.02));
    }
  });

  it('reports memory in addition to the weights, more if branches run together', () => {
    const edit = { model, requests: 2, size: SIZE, settings: defaultEditSettings(model) };
    const weights = { states: [editParameters(model)], programs: [] };
    const room = (bytes: number) => editMemory(edit, { ...backend, availableMemory: () => bytes }, weights);
    const [together, apart] = [room(1e12), room(1000)];
    expect(apart.state).toBe(together.state);
    expect(apart.state).toBeGreaterThan(bytesOfStates(weights.states));
    expect(apart.activations).toBeLessThan(together.activations);
  });

  it('keeps no second copy of the weights', async () => {
    const compiled: CompileOptions[] = [];
    const made: State[] = [];
    const watching: Backend = {
      ...backend,
      compile: (program, states, options = {}) => {
        compiled.push(options);
        return backend.compile(program, states, options);
      },
      createState: async (specs) => {
        made.push(await backend.createState(specs));
        return made.at(-1)!;
      },
    };
    await edit({}, [picture(0)], 'make it red', watching);
    expect(compiled.every(({ freeze }) => freeze === undefined)).toBe(true);
    const parameters = Object.keys(editParameters(model));
    expect(
      made.flatMap(({ specs }) => Object.keys(specs)).filter((name) => parameters.includes(name)),
    ).toEqual([]);
    expect(made).toHaveLength(1);
  });

  it('uses the averages of the weights in place', async () => {
    const [name] = Object.keys(editParameters(model)).filter((key) => key.endsWith('conv_out.bias'));
    const average = `ema.${name}`;
    const specs = { ...state.specs, [average]: state.specs[name] };
    const training = await backend.createState(specs);
    for (const each of Object.keys(state.specs)) await training.write(each, await state.read(each));
    await training.write(
      average,
      (await state.read(name)).map((value) => value + 0.5),
    );
    const draw = async (aliases?: Record<string, string>) => {
      const editor = createEditor({ model, tokenizer, backend, state: training, aliases });
      const [{ data }] = await editor.edit([request(0)], defaultEditSettings(model));
      await editor.dispose();
      return [...data];
    };
    const [plain, averaged] = [await draw(), await draw({ [name]: average })];
    expect(distance(plain, averaged)).toBeGreaterThan(1);
    await training.write(name, await training.read(average));
    expect(await draw()).toEqual(averaged);
    await training.dispose();
  });

  it('keeps the programs of the last sizes only, and none of a failed compilation', async () => {
    const made: number[] = [];
    let broken = true;
    const counting: Backend = {
      ...backend,
      compile: (...given) => {
        if (broken) throw new Error('no memory');
        return backend.compile(...given);
      },
      createState: (specs) => {
        made.push(specs['latent'].shape[0]);
        return backend.createState(specs);
      },
    };
    const editor = createEditor({ model, tokenizer, backend: counting, state });
    const draw = (count: number) =>
      editor.edit(
        Array.from({ length: count }, (_, i) => ({ ...request(i), key: String(i) })),
        { ...defaultEditSettings(model), steps: 1 },
      );
    await expect(draw(1)).rejects.toThrow('no memory');
    broken = false;
    for (const count of [1, 2, 1, 3, 1, 2]) await draw(count);
    expect(made).toEqual([1, 2, 3, 2]);
    await editor.dispose();
  });

  it('queues concurrent calls', async () => {
    const editor = createEditor({ model, tokenizer, backend, state });
    const settings = { ...defaultEditSettings(model), steps: 3 };
    const one = () => editor.edit([request(0)], settings);
    const other = () => editor.edit([request(1)], settings);
    const alone = [await one(), await other()];
    expect(await Promise.all([one(), other()])).toEqual(alone);
    await editor.dispose();
  });

  it('edits latents of an autoencoder, with the source unscaled', async () => {
    const latents = { ...model, space: latentSpace(patchAutoencoder(0.5)) };
    const autoencoder = await backend.createState(
      Object.fromEntries(
        Object.entries(editParameters(latents)).filter(([name]) => name.startsWith(`${AUTOENCODER}.`)),
      ),
    );
    for (const name of Object.keys(autoencoder.specs)) await autoencoder.write(name, identity());
    const weights = await backend.createState({ ...state.specs, ...autoencoder.specs });
    for (const from of [state, autoencoder])
      for (const name of Object.keys(from.specs)) await weights.write(name, await from.read(name));
    const made: State[] = [];
    const watching: Backend = {
      ...backend,
      createState: async (specs) => {
        made.push(await backend.createState(specs));
        return made.at(-1)!;
      },
    };
    const editor = createEditor({ model: latents, tokenizer, backend: watching, state: weights });
    const settings = { ...defaultEditSettings(model), rewardScale: 0, steps: 1 };
    const [{ data }] = await editor.edit([request(0)], settings);
    expect(made).toHaveLength(1);
    expect(await made[0].read('source')).toEqual(toPixelSpace(picture(0), 2));
    // What is made is twice as far from grey as the same network makes it of pixels, but for what goes beyond black and white.
    const [pixels] = await edit({ rewardScale: 0, steps: 1 });
    const sample = (await made[0].read('latent')) as Float32Array;
    const decoded = fromPixelSpace(
      sample.map((value) => 2 * value),
      SIZE.width,
      SIZE.height,
      2,
    );
    expect(distance([...data], [...decoded.data])).toBeLessThan(0.02);
    expect(distance([...data], pixels)).toBeGreaterThan(1);
    await editor.dispose();

    // Tile by tile where there is no memory for the whole: this autoencoder looks at single squares, so that nothing may change.
    const [width, height] = [40, 36];
    const bytes = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 41) % 256);
    const large = { key: '', instruction: 'make it red', picture: { width, height, data: bytes } };
    const wholeAndTiled = await Promise.all(
      [undefined, 1].map(async (memory) => {
        const own = createEditor({ model: latents, tokenizer, backend, state: weights, memory });
        const [edited] = await own.edit([large], settings);
        await own.dispose();
        return edited;
      }),
    );
    wholeAndTiled[0].data.forEach((value, i) =>
      expect(Math.abs(wholeAndTiled[1].data[i] - value)).toBeLessThanOrEqual(1),
    );

    // And so it is counted beforehand.
    const planned = { model: latents, requests: 1, size: { width, height }, settings };
    const valuesAtOnce = (room: number) => {
      let most = 0;
      const counting: Backend = {
        ...backend,
        availableMemory: () => room,
        memory: (plan) => {
          most = Math.max(
            ...plan.programs.map(({ program }) => sizeOf(program.inputs['pixels']?.shape ?? [])),
          );
          return backend.memory(plan);
        },
      };
      editMemory(planned, counting, { states: [], programs: [] });
      return most;
    };
    expect(valuesAtOnce(1e12)).toBe(3 * width * height);
    expect(valuesAtOnce(1000)).toBe(3 * 32 * 32);
  });

  it('keeps its weights on the device on a backend that would copy them in every run', async () => {
    const frozen: ReadonlySet<string>[] = [];
    const copying: Backend = {
      ...backend,
      copiesState: true,
      compile: (program, states, options) => {
        frozen.push(options?.freeze as ReadonlySet<string>);
        return backend.compile(program, states, options);
      },
    };
    const settings = { ...defaultEditSettings(model), steps: 2 };
    const [there, here] = await Promise.all(
      [copying, backend].map(async (own) => {
        const editor = createEditor({ model, tokenizer, backend: own, state });
        const [edited] = await editor.edit([request(0)], settings);
        await editor.dispose();
        return edited;
      }),
    );
    there.data.forEach((value, i) => expect(Math.abs(value - here.data[i])).toBeLessThanOrEqual(1));
    // Each weight in the program that needs it, and nothing that programs hand on to one another.
    expect(new Set(frozen.flatMap((names) => [...names]))).toEqual(
      new Set(Object.keys(editParameters(model))),
    );
    const planned = { model, requests: 1, size: SIZE, settings };
    const need = (own: Backend) => totalMemory(editMemory(planned, own, { states: [], programs: [] }));
    expect(need(copying)).toBeGreaterThan(need(backend));
  });

  it('rejects pictures that do not fit the model or each other', async () => {
    const editor = createEditor({ model, tokenizer, backend, state });
    const odd = { ...request(0), picture: { width: 7, height: 12, data: new Uint8Array(3 * 7 * 12) } };
    await expect(editor.edit([odd], defaultEditSettings(model))).rejects.toThrow('7 x 12 pixels');
    await expect(editor.edit([request(0), { ...odd, key: 'b' }], defaultEditSettings(model))).rejects.toThrow(
      'the same size',
    );
    expect(await editor.edit([], defaultEditSettings(model))).toEqual([]);
  });

  it('gives every request its own noise, whatever the rest of the batch', async () => {
    const editor = createEditor({ model, tokenizer, backend, state });
    const draw = async (...requests: EditRequest[]) => {
      const edited = await editor.edit(requests, {
        ...defaultEditSettings(model),
        sampler: 'euler-ancestral',
      });
      return edited.map(({ data }) => [...data]);
    };
    const [a, b] = [
      { ...request(0), key: 'a' },
      { ...request(0), key: 'b' },
    ];
    const [first, second] = await draw(a, b);
    expect(distance(first, second)).toBeGreaterThan(1);
    // To a rounding of the last bit: other numbers of pictures are other sums in another order.
    expect(distance((await draw(b))[0], second)).toBeLessThan(0.02);
    expect(distance((await draw(b, { ...request(1), key: 'c' }))[0], second)).toBeLessThan(0.02);
    await expect(draw(a, a)).rejects.toThrow('the same key');
    await editor.dispose();
  });

  it('distinguishes a missing score from every score', async () => {
    const [missing] = await edit({ rewardScale: 0, reward: { scores: {}, feedback: {} } });
    for (const score of [0, 1, 5]) {
      const [given] = await edit({ rewardScale: 0, reward: reward(score) });
      expect(distance(missing, given)).toBeGreaterThan(0);
    }
  });

  it('fails if the edit contains values that are not finite', async () => {
    const [name] = Object.keys(editParameters(model)).filter((key) => key.endsWith('conv_out.bias'));
    const values = await state.read(name);
    await state.write(
      name,
      values.map(() => Number.NaN),
    );
    await expect(edit({})).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('not finite'),
    });
    await state.write(name, values);
  });

  it('stops between two steps when aborted', async () => {
    const editor = createEditor({ model, tokenizer, backend, state });
    const controller = new AbortController();
    const done: number[] = [];
    const run = editor.edit(
      [request(0)],
      { ...defaultEditSettings(model), steps: 4 },
      {
        signal: controller.signal,
        emit: (event) => {
          if (event.type !== 'denoised') return;
          expect(event).toMatchObject({ steps: 4, items: [{ id: request(0).key }] });
          done.push(event.step);
          if (event.step === 2) controller.abort();
        },
      },
    );
    await expect(run).rejects.toThrow('aborted');
    expect(done).toEqual([1, 2]);
    await editor.dispose();
  });
});

it('refuses a U-Net with the wrong number of input or output channels', () => {
  const parts = {
    ...model,
    scheduler: { _class_name: 'DDIMScheduler', ...model.scheduler },
    tokenizer,
    images: { pixelSpace: { space: 'pixel' as const, patch_size: 2, coordinates: true } },
  };
  expect(editModelConfig(parts).coordinates).toBe(true);
  const without = { ...parts, images: { pixelSpace: { space: 'pixel' as const, patch_size: 2 } } };
  expect(() => editModelConfig(without)).toThrow('26 input channels, but noisy edit and source have 24');
  const coarse = { ...parts, images: { pixelSpace: { space: 'pixel' as const, patch_size: 4 } } };
  expect(() => editModelConfig(coarse)).toThrow('12 output channels, but squares of 4 pixels a side have 48');
});
