import { Text } from 'ink';
import { fit } from './fit.ts';

type Props = {
  readonly text: string;
  /** In columns; what is wider is cut off. */
  readonly width: number;
  readonly color?: string | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
};

/** One line of text. Whatever comes from a run, a file or a user is shown by this component: no control character gets through it. */
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
