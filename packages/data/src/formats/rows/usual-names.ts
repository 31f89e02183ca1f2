import type { Field } from './columns.ts';

/** Usual names of fields in datasets, as columns of tables and as parts of samples in tars. */
export const USUAL_NAMES = {
  original: [
    'original',
    'original_image',
    'input_image',
    'input_img',
    'source_image',
    'source_img',
    'src_img',
    'src_image',
    'before',
    'before_image',
  ],
  edited: [
    'edited',
    'edited_image',
    'edited_img',
    'output_image',
    'output_img',
    'target_image',
    'target_img',
    'tgt_img',
    'result_image',
    'after',
    'after_image',
  ],
  instruction: ['instruction', 'edit_instruction', 'editing_instruction', 'edit_prompt', 'edit', 'prompt'],
  kind: ['kind', 'edit_type', 'task_type', 'edit_task', 'task'],
} as const satisfies Readonly<Partial<Record<Field, readonly string[]>>>;
