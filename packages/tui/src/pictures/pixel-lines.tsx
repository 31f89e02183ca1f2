import { Box, Text } from 'ink';

/** Lines made by `pictureLines`: the only ones whose escape sequences reach the terminal. */
export function PixelLines({ lines }: { readonly lines: readonly string[] }) {
  return (
    <Box flexDirection="column">
      {lines.map((line, i) => (
        <Text key={i} wrap="truncate">
          {line}
        </Text>
      ))}
    </Box>
  );
}
