import { Box, Text } from 'ink';
import { fitEnd, pad } from '../text/fit.ts';
import { THEME } from '../theme.ts';
import { FIELDS, SLIDERS, isSlider, type EditChoice, type Field } from './choice.ts';
import { SliderBar } from './slider-bar.tsx';

type Props = {
  readonly choice: EditChoice;
  readonly focus: Field;
  readonly width: number;
  readonly height: number;
};

const LABEL_WIDTH = 18;

/**
 * All inputs of an edit: model, picture, instruction, the three scores to ask for, guidance; if there is less space, those around
 * the focus.
 */
export function Form({ choice, focus, width, height }: Props) {
  const middle = FIELDS.indexOf(focus) - Math.floor(height / 2);
  const first = Math.max(0, Math.min(middle, FIELDS.length - height));
  return (
    <Box flexDirection="column" width={width}>
      {FIELDS.slice(first, first + height).map((field) => {
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

/** A text with its end, where the user types, in view. */
function textOf(text: string | undefined, isTyped: boolean, width: number): string {
  if (isTyped) return `${fitEnd(text ?? '', width - 1)}▏`;
  return text === undefined || text === '' ? '-' : fitEnd(text, width);
}
