import type { OnnxPort, WrittenModel } from '@rewardedit/backend-onnx';
import type { PictureSize } from '@rewardedit/data';
import type { EditModelConfig, Precision } from '@rewardedit/diffusion';

/** Meaning of inputs and outputs whose names do not explain them, by file and name. */
const MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'unet/model.onnx': {
    sample:
      "channels of the noisy edit, multiplied by the sampler's input scale, then those of the original's latent",
    timestep: 'one per sample; may be fractional',
    encoder_hidden_states: 'of the instruction, or of an empty text in guidance branches without text',
    scores: 'instruction following, detail preserving, generation quality, 0 to 5 each',
    feedback: 'pooler_output of text_encoder/feedback.onnx',
    reward_mask: '1 for samples conditioned on their reward, 0 for the others',
    out_sample: 'the model output, as schedulers call it',
  },
  'text_encoder/model.onnx': {
    input_ids: 'start token, the text, end token, and padding tokens up to the length',
    words: '1 up to the end token, 0 after it',
    last_hidden_state: 'encoder_hidden_states of the U-Net',
  },
  'text_encoder/feedback.onnx': {
    feedback_ids: 'like input_ids, of the feedback',
    feedback_positions: 'position of the end token in each text',
    pooler_output: 'feedback of the U-Net',
  },
  'vae_encoder/model.onnx': {
    sample: 'red, green and blue between -1 and 1',
    latent_sample: 'the original as the U-Net expects it: the mode, unscaled',
  },
  'vae_decoder/model.onnx': {
    latent_sample: 'the final sample; the model undoes the scaling',
    sample: 'red, green and blue between -1 and 1, with slight overshoot',
  },
};

/** The README of an export, which describes how to run it. */
export function exportReadme(
  models: Readonly<Record<string, WrittenModel>>,
  {
    batch,
    size,
    precision,
    config,
  }: { batch: number; size: PictureSize; precision: Precision; config: EditModelConfig },
): string {
  const feedback = config.unet.reward
    ? config.unet.reward.tokens === 'per-perspective'
      ? '\nFeedback is three texts, one per perspective; "Nothing failed." in each asks for the best.\n'
      : '\nFeedback is one text, the feedback of all perspectives joined by "; ". "Nothing failed.; Nothing failed.; Nothing failed." asks for the best.\n'
    : '';
  return `# An image-editing model in ONNX

For pictures of ${size.width} x ${size.height} pixels in batches of ${batch}, with weights in ${precision}. Exported by \`rewardedit model export\`. All models use
standard ops (opset 21) and run with any execution provider of ONNX Runtime; their weights are in \`weights.data\` beside them.
${feedback}
${Object.entries(models).map(section).join('\n')}
The tokenizer is in \`tokenizer/\`, the scheduler's settings are in \`config.json\`. To edit: encode the picture and the instruction; start from
standard normal noise multiplied by the sampler's first sigma; for each step, run the U-Net and the sampler; decode.

\`\`\`js
import { InferenceSession, Tensor } from 'onnxruntime-node';
const unet = await InferenceSession.create('unet/model.onnx'); // { executionProviders: ['cuda'] } on NVIDIA
const { out_sample } = await unet.run({ sample, timestep, encoder_hidden_states${config.unet.reward ? ', scores, feedback' : ''} });
\`\`\`
`;
}

function section([file, { inputs, outputs }]: readonly [string, WrittenModel]): string {
  const row = (what: string) => (port: OnnxPort) =>
    `| ${what} | \`${port.name}\` | ${port.type} [${port.shape.join(', ')}] | ${MEANINGS[file]?.[port.name] ?? ''} |`;
  return [
    `## ${file}`,
    '',
    '| | name | type and shape | |',
    '|---|---|---|---|',
    ...inputs.map(row('in')),
    ...outputs.map(row('out')),
    '',
  ].join('\n');
}
