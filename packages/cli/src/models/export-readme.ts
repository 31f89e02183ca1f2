import type { OnnxPort, WrittenModel } from '@rewardedit/backend-onnx';
import type { PictureSize } from '@rewardedit/data';
import type { EditModelConfig, Precision } from '@rewardedit/diffusion';

/** What inputs and outputs mean, by file and name, where the name does not say it all. */
const MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'unet/model.onnx': {
    sample:
      "channels of the noisy edit, times what the sampler scales its input by, then those of the source picture's latent",
    timestep: 'of each sample; may be fractional',
    encoder_hidden_states: 'of the instruction; of an empty one in branches of guidance without text',
    scores: 'instruction following, detail preserving, generation quality, 0 to 5 each',
    feedback: 'pooler_output of text_encoder/feedback.onnx',
    reward_mask: '1 where the sample is told its reward, 0 where not',
    out_sample: 'what the scheduler calls the model output',
  },
  'text_encoder/model.onnx': {
    input_ids: 'start token, the text, end token, and the padding token up to the length',
    words: '1 up to the end token, 0 behind it',
    last_hidden_state: 'encoder_hidden_states of the U-Net',
  },
  'text_encoder/feedback.onnx': {
    feedback_ids: 'as input_ids, of what failed',
    feedback_positions: 'of the end token in each text',
    pooler_output: 'feedback of the U-Net',
  },
  'vae_encoder/model.onnx': {
    sample: 'red, green and blue between -1 and 1',
    latent_sample: 'the source as the U-Net takes it: the mode, not scaled',
  },
  'vae_decoder/model.onnx': {
    latent_sample: 'the edit as the sampler ends with it: scaling is undone in the model',
    sample: 'red, green and blue between -1 and 1, but for overshoot',
  },
};

/** The page that says how an export is run. */
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
      ? '\nFeedback is three texts, one for each perspective; "Nothing failed." in each asks for the best.\n'
      : '\nFeedback is one text, that of the perspectives joined by "; "; "Nothing failed.; Nothing failed.; Nothing failed." asks for the best.\n'
    : '';
  return `# An image-editing model in ONNX

For pictures of ${size.width} x ${size.height} pixels, ${batch} at once, with weights in ${precision}. Made by \`rewardedit model export\`. Every model is of
standard ops (opset 21) and runs with any provider of ONNX Runtime; weights lie beside it in \`weights.data\`.
${feedback}
${Object.entries(models).map(section).join('\n')}
The tokenizer is in \`tokenizer/\`, the scheduler's settings in \`config.json\`. An edit is: encode the picture and the instruction; start from
standard normal noise times the sampler's first sigma; for each step run the U-Net and let the sampler go on; decode.

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
