import { THEME } from '../theme.ts';
import { columnsOf } from './fit.ts';
import { Line } from './line.tsx';

type Props = {
  /** Keys with their effects, those for the narrowest terminal first. */
  readonly keys: readonly string[];
  readonly width: number;
};

const BETWEEN = ' · ';

/** Key hints on one line, as many as fit. */
export function KeyHints({ keys, width }: Props) {
  let text = '';
  for (const key of keys) {
    const longer = text === '' ? key : text + BETWEEN + key;
    if (text !== '' && columnsOf(longer) > width) break;
    text = longer;
  }
  return <Line text={text} width={width} color={THEME.key} />;
}
