import { Text } from 'ink';
import { bar } from '@rewardedit/core/text';
import { Line } from '../../text/line.tsx';
import { THEME } from '../../theme.ts';

type Props = {
  readonly name: string;
  readonly used: number;
  readonly most: number | undefined;
  readonly format: (value: number) => string;
  readonly width: number;
};

const WIDEST_BAR = 20;
/** From this share of the budget on, it is highlighted. */
const NEARLY_ALL = 0.9;

/** What was used, and of which limit, if there is one. */
export function ShareBar({ name, used, most, format, width }: Props) {
  if (most === undefined) return <Line text={`${name}: ${format(used)}`} width={width} />;
  const share = most === 0 ? 1 : Math.min(1, used / most);
  const text = `${name}: ${format(used)} of ${format(most)} `;
  const room = Math.max(0, Math.min(WIDEST_BAR, width - text.length));
  const color = share >= NEARLY_ALL ? THEME.bad : THEME.good;
  return (
    <Text wrap="truncate">
      {text}
      <Text color={color} aria-hidden>
        {bar(share, room).padEnd(room, '░')}
      </Text>
    </Text>
  );
}
