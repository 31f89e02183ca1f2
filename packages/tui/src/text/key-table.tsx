import { Box, Text } from 'ink';
import { THEME } from '../theme.ts';
import { fit, pad } from './fit.ts';

type Props = {
  readonly keys: readonly (readonly [keys: string, what: string])[];
  readonly width: number;
  readonly height: number;
};

const KEY_WIDTH = 16;

/** Keys, and what they do. */
export function KeyTable({ keys, width, height }: Props) {
  return (
    <Box flexDirection="column" height={Math.max(0, height)} overflow="hidden">
      {keys.slice(0, Math.max(0, height)).map(([names, what]) => (
        <Text key={names} wrap="truncate">
          <Text color={THEME.key}>{pad(names, Math.min(width, KEY_WIDTH))}</Text>
          {fit(what, width - KEY_WIDTH)}
        </Text>
      ))}
    </Box>
  );
}
