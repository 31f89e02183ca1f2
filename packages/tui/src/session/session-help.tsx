import { KeyTable } from '../text/key-table.tsx';

const KEYS = [
  ['Tab, up, down', 'go from field to field'],
  ['left, right', 'move the slider'],
  ['Enter, e', 'edit; on model and picture: choose another'],
  ['Esc', 'leave the instruction, so that letters are commands; stop an edit that is under way'],
  ['v', 'vary: the same with another seed'],
  ['k', 'keep it: mark it in the history'],
  ['c', 'compare with the original, side by side with the difference'],
  ['j', 'let the judge score it'],
  ['t', 'sweep the slider into a strip'],
  ['[ ]', 'go through the history'],
  ['u, r', 'undo, do again'],
  ['w', 'save it as PNG, JPEG or WebP, by the ending, with its settings inside'],
  ['y', 'copy the command line that makes it'],
  ['o', 'the picture at full size, where the terminal can show it'],
  ['m, p, i', 'choose a model, a picture; write the instruction'],
  ['q', 'leave; the commands of everything that was made are printed'],
] as const;

export function SessionHelp({ width, height }: { readonly width: number; readonly height: number }) {
  return <KeyTable keys={KEYS} width={width} height={height} />;
}
