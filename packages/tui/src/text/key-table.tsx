import { Box, Text } from 'ink';
import { THEME } from '../theme.ts';
import { fit, pad, wrap } from './fit.ts';

type Props = {
  readonly keys: readonly (readonly [keys: string, what: string])[];
  readonly width: number;
  readonly height: number;
};

const KEY_WIDTH = 16;
const MOST_LINES = 4;

/** A table of keys and their effects. */
export function KeyTable({ keys, width, height }: Props) {
  const room = Math.max(1, width - KEY_WIDTH);
  const lines = keys.flatMap(([names, what]) =>
    wrap(what, room, MOST_LINES).map((text, i) => ({ names: i === 0 ? names : '', text })),
  );
  return (
    <Box flexDirection="column" height={Math.max(0, height)} overflow="hidden">
      {lines.slice(0, Math.max(0, height)).map(({ names, text }, i) => (
        <Text key={i} wrap="truncate">
          <Text color={THEME.key}>{pad(names, Math.min(width, KEY_WIDTH))}</Text>
          {fit(text, width - KEY_WIDTH)}
        </Text>
      ))}
    </Box>
  );
}
