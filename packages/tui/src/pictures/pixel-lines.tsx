import { Box, Text } from 'ink';

/** Lines that were made of pixels by `pictureLines`: the only ones whose commands to the terminal are let through. */
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
