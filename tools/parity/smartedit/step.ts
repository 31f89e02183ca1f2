import { join } from 'node:path';
import {
  add,
  cast,
  concat,
  gather,
  input,
  mean,
  mul,
  reshape,
  slice,
  sub,
  type Backend,
  type Tensor,
} from '@rewardedit/graph';
import {
  POSITION_BUFFER,
  bim,
  clipVision,
  createNetwork,
  imageVectors,
  languageHead,
  languageLoss,
  llama,
  parseBimConfig,
  parseClipVisionConfig,
  parseLlamaConfig,
  parseQFormerConfig,
  parseUNetConfig,
  qformer,
  timestepSinusoids,
  tokenVectors,
  unet,
  unetInputs,
} from '@rewardedit/models';
import type { Group } from '../comparison.ts';
import { runNetwork } from '../network-run.ts';
import { asRecord, readJsonFile, readTensors, type ReferenceSet } from '../reference-sets.ts';
import { sizesIn } from './bim.ts';
import { askedBy, compareRun, readExpected, readWeights } from './set.ts';
import { spliceImage } from './splice-image.ts';

const isTower = (name: string) => name.startsWith('vision_tower.');
const isUNet = (name: string) => name.startsWith('unet.');
const isLlm = (name: string) => name.startsWith('model.');
const isQFormer = (name: string) => /^(sd_q|mm_projector\.|lm_head\.)/.test(name);
const isBim = (name: string) => /^(modulate_|pe_layer|dimension_)/.test(name);

/** The inputs of the step, taken from the set and not compared: results of the autoencoder. */
const LATENTS = ['noisy_latents', 'image_latents'] as const;

/**
 * Checks `smartedit-step` sets: from pictures and token ids through vision tower, language model, Q-Former,
 * interaction module and U-Net to both losses, and the gradients of all trained parameters. Only the latents
 * are given.
 */
export async function checkStep({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const config = asRecord(facts.config);
  const where = join(folder, 'reference.json');
  const json = async (name: string) => asRecord(await readJsonFile(join(folder, name)));
  const vision = parseClipVisionConfig(
    { ...asRecord(config.vision), ...(await json('vision_tower/config.json')) },
    where,
  );
  const unetConfig = parseUNetConfig(await json('unet/config.json'), join(folder, 'unet', 'config.json'));
  const llm = parseLlamaConfig({ ...asRecord(config.llm), ...(await json('llm_config.json')) }, where);
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const { values, shapes } = given;
  const { activations: stages, ...others } = await readExpected(folder);
  const isLatent = (name: string) => LATENTS.some((other) => other === name);
  const latentValues = Object.fromEntries(LATENTS.map((name) => [name, stages[name]]));
  const expected = {
    ...others,
    activations: Object.fromEntries(Object.entries(stages).filter(([name]) => !isLatent(name))),
  };
  const [batch, tokens] = shapes.input_ids;
  const network = createNetwork();
  const { scope } = network;

  const pictures = input('original_img', shapes.original_img);
  const imageFeatures = clipVision(scope.at('vision_tower'), vision, pictures, {
    layer: Number(asRecord(config.vision).select_layer),
  });
  const projected = imageVectors(scope, llm, imageFeatures);
  const images = imageFeatures.shape[1];
  const spliced = spliceImage(
    {
      ids: values.input_ids,
      attentionMask: values.input_attention_mask,
      labels: values.generated_caption_targets,
    },
    {
      batch,
      images,
      firstImageToken: Number(config.vocabulary) - Number(config.image_tokens),
      padding: Number(asRecord(config.llm).pad_token_id),
    },
  );
  const length = tokens + images;
  const integers = (name: string) => input(name, [batch, length], 'i32');
  const vectors = tokenVectors(scope, llm, input('ids', [batch, tokens], 'i32'));
  const rows = (x: Tensor) => reshape(x, [x.shape[0] * x.shape[1], llm.hidden_size]);
  const embedded = gather(concat([rows(vectors), rows(projected)], 0), integers('rows'));
  const states = llama(scope, llm, embedded, cast(integers('attention_mask'), 'f32'));
  const logits = languageHead(scope, llm, states);
  const languageError = languageLoss(logits, integers('labels'));

  const cut = Math.min(length, Number(config.editing_max_length));
  const first = (x: Tensor) =>
    slice(
      x,
      x.shape.map(() => 0),
      [batch, cut, ...x.shape.slice(2)],
    );
  const queries = qformer(scope, parseQFormerConfig(config.qformer, where), first(states), {
    visible: first(cast(integers('seen'), 'f32')),
  });
  const interaction = bim(
    scope,
    parseBimConfig(config.bim, where),
    { queries, imageFeatures },
    sizesIn(asRecord(config.bim)),
  );
  const perSample = (name: string) => reshape(input(name, [batch, 1]), [batch, 1, 1]);
  const context = add(
    mul(interaction.context, perSample('keeps_text')),
    mul(input('null_text_embeddings', shapes.null_text_embeddings), perSample('drops_text')),
  );
  const sample = shapes.noise;
  const latents = LATENTS.map((name) => input(name, sample));
  const inputs = unetInputs(unetConfig, {
    batch,
    height: sample[2],
    width: sample[3],
    tokens: context.shape[1],
  });
  const prediction = unet(scope.at('unet'), unetConfig, {
    ...inputs,
    sample: concat(latents, 1),
    encoderHiddenStates: context,
    featureMap: interaction.featureMap,
  });
  const edits = reshape(input('is_editing_task', [batch, 1]), [batch, 1, 1, 1]);
  const error = mul(edits, sub(prediction, input('noise', sample)));
  const diffusionError = mean(mul(error, error));
  const loss = add(
    mul(languageError, Number(config.llm_loss_weight)),
    mul(diffusionError, Number(config.diffusion_loss_weight)),
  );

  const dropout = 2 * Number(config.condition_dropout);
  const dropsText = Float32Array.from(values.random_p, (p) => (p < dropout ? 1 : 0));
  const asked = askedBy(
    expected,
    Object.keys(network.parameters).filter((name) => !isTower(name) && !name.endsWith(POSITION_BUFFER)),
  );
  // Computed on the host from the inputs, like the original's data loader does.
  const host = {
    LLM_attention_masks: spliced.attentionMask,
    LLM_targets: spliced.labels,
    SDLLM_attention_masks: spliced.seen,
  };
  const results = await runNetwork(
    backend,
    {
      network,
      outputs: { loss, LM_loss: languageError, SD_loss: diffusionError },
      loss,
      stages: {
        CLIP_image_features: imageFeatures,
        CLIP_image_features_llm_input: projected,
        LLM_inputs_embeds: embedded,
        hidden_states: states,
        logits,
        query_output: queries,
        context: interaction.context,
        feature_map: interaction.featureMap,
        encoder_hidden_states: context,
        model_pred: prediction,
        projected_tokens: network.traces['dimension_reduction_head_qformer_out'],
      },
      differentiable: {},
      read: await readWeights(folder, network.specs, [
        { file: 'vision_tower/model.safetensors', prefix: 'vision_tower.', has: isTower },
        { file: 'LLM.safetensors', has: isLlm },
        { file: 'embeddings_qformer.safetensors', has: isQFormer },
        { file: 'modulate.safetensors', has: isBim },
        { file: 'unet/diffusion_pytorch_model.safetensors', prefix: 'unet.', has: isUNet },
      ]),
      given: {
        ...values,
        ...latentValues,
        ids: spliced.ids,
        rows: spliced.rows,
        attention_mask: spliced.attentionMask,
        labels: spliced.labels,
        seen: spliced.seen,
        drops_text: dropsText,
        keeps_text: dropsText.map((dropped) => 1 - dropped),
        time_proj: timestepSinusoids(unetConfig, values.timesteps),
      },
    },
    { ...asked, activations: asked.activations.filter((name) => !(name in host)) },
  );
  return compareRun({ ...results, activations: { ...results.activations, ...host } }, expected);
}
