import type { EditChoice } from '@rewardedit/tui';
import { shellWord } from '../output/shell-word.ts';

/** The command line that makes the same edit as a choice in the session. */
export function editCommand(choice: EditChoice, out: string): string {
  const { model = '', picture = '', instruction, scores, seed, steps } = choice;
  const options: readonly (readonly [string, string | number])[] = [
    ['model', model],
    ['out', out],
    ['scores', [scores.following, scores.preserving, scores.quality].join(',')],
    ['text-guidance', choice.textGuidance],
    ['image-guidance', choice.imageGuidance],
    ['reward-guidance', choice.rewardGuidance],
    ['steps', steps],
    ['seed', seed],
  ];
  const words = options.flatMap(([name, value]) => [`--${name}`, shellWord(String(value))]);
  // What begins with a hyphen would be taken for an option.
  return ['rewardedit edit', ...words, '--', shellWord(picture), shellWord(instruction)].join(' ');
}
