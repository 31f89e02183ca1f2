import { Flags } from '@oclif/core';
import { inGroup, type ValuesOf } from './flags.ts';

/** How a long-running command shows its progress. */
export const viewFlags = inGroup('View', {
  tui: Flags.boolean({
    summary: 'Show progress on a live screen, as `rewardedit watch` does.',
    allowNo: true,
  }),
  'log-format': Flags.option({
    summary: 'Progress and messages as text, or as one JSON event per line for log collectors.',
    options: ['text', 'json'] as const,
    default: 'text' as const,
  })(),
  tensorboard: Flags.string({
    summary: 'Folder for a TensorBoard event file: scalars, pictures and texts.',
    helpValue: 'FOLDER',
  }),
});

/** The values of these options; absent for commands without them. */
export type ViewOptions = Partial<ValuesOf<typeof viewFlags>> & { readonly quiet?: boolean | undefined };
