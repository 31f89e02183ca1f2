import { Text } from 'ink';
import { bar } from '@rewardedit/core/text';
import { formatNumber } from '../format.ts';
import { fit, pad } from '../text/fit.ts';
import { SLIDERS, type EditChoice, type SliderName } from './choice.ts';

type Props = { readonly name: SliderName; readonly choice: EditChoice; readonly width: number };

const VALUE_WIDTH = 7;

/** A slider: its value and position within its range. */
export function SliderBar({ name, choice, width }: Props) {
  const { low, high, get } = SLIDERS[name];
  const value = get(choice);
  // An option may have set it out of range.
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  const room = Math.min(20, width - VALUE_WIDTH);
  // A seed has no magnitude.
  const isBar = room >= 4 && name !== 'seed';
  return (
    <>
      {fit(pad(formatNumber(value), VALUE_WIDTH), width)}
      {isBar && <Text aria-hidden>{bar(share, room).padEnd(room, '░')}</Text>}
    </>
  );
}
