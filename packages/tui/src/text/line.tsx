import { Text } from 'ink';
import { fit } from './fit.ts';

type Props = {
  readonly text: string;
  /** In columns; longer text is truncated. */
  readonly width: number;
  readonly color?: string | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
};

/** One line of text. All text from runs, files or users is shown by this component, which lets no control character through. */
export function Line({ text, width, color, bold = false, dim = false, inverse = false }: Props) {
  return (
    <Text
      {...(color !== undefined && { color })}
      bold={bold}
      dimColor={dim}
      inverse={inverse}
      wrap="truncate"
    >
      {fit(text, width) || ' '}
    </Text>
  );
}
