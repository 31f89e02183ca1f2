import type { ChosenColumns, ColumnMap } from './columns.ts';

/** The columns of a dataset: one for each field, those of its ids, and those left out on purpose. */
export type Layout = ChosenColumns & {
  readonly name: string;
  readonly ids?: readonly string[];
  readonly inverse?: NonNullable<ColumnMap['inverse']>;
  readonly leftOut?: readonly string[];
};

/** Our own columns and those of published datasets: original, edited, instruction, and what else a dataset has. */
export const LAYOUTS: readonly Layout[] = [
  layout('RewardEdit', ['original', 'edited', 'instruction'], {
    truth: 'truth',
    kind: 'kind',
    description: 'description',
  }),
  layout('InstructPix2Pix', ['original_image', 'edited_image', 'edit_prompt'], {
    description: 'original_prompt',
  }),
  layout("diffusers' examples", ['input_image', 'edited_image', 'edit_prompt']),
  layout('MagicBrush', ['source_img', 'target_img', 'instruction'], {
    ids: ['img_id', 'turn_index'],
    leftOut: ['mask_img'],
  }),
  layout('HQ-Edit', ['input_image', 'output_image', 'edit'], {
    description: 'input',
    inverse: { instruction: 'inverse_edit', description: 'output' },
  }),
  layout('OmniEdit', ['src_img', 'edited_img', 'edited_prompt_list'], {
    kind: 'task',
    ids: ['omni_edit_id'],
  }),
  layout('UltraEdit', ['source_image', 'edited_image', 'edit_prompt'], {
    description: 'source_caption',
    leftOut: ['mask_image'],
  }),
  layout('SEED-Data-Edit', ['source_image', 'target_image', 'instruction']),
  layout('ImgEdit', ['input_images', 'output_images', 'prompt']),
  layout('a list of file names', ['source', 'target', 'prompt']),
  layout('AnyEdit', ['image_file', 'edited_file', 'edit_instruction'], {
    kind: 'edit_type',
    description: 'input',
    ids: ['image_id'],
    leftOut: ['visual_input'],
  }),
  layout("AnyEdit's files of JSON", ['image_file', 'edited_file', 'edit'], {
    kind: 'edit_type',
    description: 'input',
  }),
];

function layout(
  name: string,
  [original, edited, instruction]: readonly [string, string, string],
  others: Omit<Layout, 'name' | 'original' | 'edited' | 'instruction'> = {},
): Layout {
  return { name, original, edited, instruction, ...others };
}
