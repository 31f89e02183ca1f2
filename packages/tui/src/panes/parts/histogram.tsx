import { Box, Text } from 'ink';
import { PERSPECTIVE_TITLES, type Perspective, type RunState } from '@rewardedit/core';
import { bar } from '@rewardedit/core/text';
import { Line } from '../../text/line.tsx';

type Props = {
  readonly name: Perspective;
  readonly score: RunState['scores'][Perspective];
  readonly width: number;
  readonly height: number;
  readonly color: string;
};

/** A histogram of the scores from one perspective, with their mean and the number missing. */
export function Histogram({ name, score: { counts, n, sum, missing }, width, height, color }: Props) {
  const most = Math.max(1, ...counts);
  const mean = n === 0 ? '-' : (sum / n).toFixed(2);
  const lack = missing === 0 ? '' : `, ${missing} missing`;
  const digits = String(most).length;
  return (
    <Box flexDirection="column" width={width}>
      <Line text={PERSPECTIVE_TITLES[name]} width={width} bold color={color} />
      {height > 1 && <Line text={`mean ${mean}, N ${n}${lack}`} width={width} />}
      {height > counts.length + 1 &&
        counts.map((count, score) => (
          <Text key={score} wrap="truncate">
            {`${score} ${String(count).padStart(digits)} `}
            <Text color={color} aria-hidden>
              {bar(count / most, Math.max(1, width - digits - 3))}
            </Text>
          </Text>
        ))}
    </Box>
  );
}
