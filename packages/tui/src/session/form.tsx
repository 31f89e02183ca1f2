import { Box, Text } from 'ink';
import { bar } from '@rewardedit/core/text';
import { formatNumber } from '../format.ts';
import { fit, fitEnd, pad } from '../text/fit.ts';
import { THEME } from '../theme.ts';
import { FIELDS, SLIDERS, isSlider, type EditChoice, type Field, type SliderName } from './choice.ts';

type Props = {
  readonly choice: EditChoice;
  readonly focus: Field;
  readonly width: number;
};

const LABEL_WIDTH = 18;
const VALUE_WIDTH = 7;

/** Everything that an edit is made from: model, picture, instruction, the three scores to ask for, guidance. */
export function Form({ choice, focus, width }: Props) {
  return (
    <Box flexDirection="column" width={width}>
      {FIELDS.map((field) => {
        const isFocused = field === focus;
        const label = isSlider(field) ? SLIDERS[field].label : field;
        return (
          <Text key={field} wrap="truncate" bold={isFocused} {...(isFocused && { color: THEME.focus })}>
            {pad(`${isFocused ? '›' : ' '} ${label}`, Math.min(width, LABEL_WIDTH))}
            {isSlider(field) ? (
              <SliderBar name={field} choice={choice} width={width - LABEL_WIDTH} />
            ) : (
              textOf(choice[field], isFocused && field === 'instruction', width - LABEL_WIDTH)
            )}
          </Text>
        );
      })}
    </Box>
  );
}

/** A text so that its end is seen, where one types. */
function textOf(text: string | undefined, isTyped: boolean, width: number): string {
  if (isTyped) return `${fitEnd(text ?? '', width - 1)}▏`;
  return text === undefined || text === '' ? '-' : fitEnd(text, width);
}

function SliderBar({
  name,
  choice,
  width,
}: {
  readonly name: SliderName;
  readonly choice: EditChoice;
  readonly width: number;
}) {
  const { low, high, get } = SLIDERS[name];
  const value = get(choice);
  const room = Math.min(20, width - VALUE_WIDTH);
  // A seed has no more or less.
  const isBar = room >= 4 && name !== 'seed';
  return (
    <>
      {fit(pad(formatNumber(value), VALUE_WIDTH), width)}
      {isBar && <Text aria-hidden>{bar((value - low) / (high - low), room).padEnd(room, '░')}</Text>}
    </>
  );
}
