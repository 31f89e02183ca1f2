import { Box, Text } from 'ink';
import { bar, formatDollars } from '@rewardedit/core/text';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { PaneProps } from './pane.ts';

const count = (value: number) => value.toLocaleString('en-US');

/** Calls by what came of them, tries that are made again, and what was spent of the budget. */
export function CallsPane({ runs, width }: PaneProps) {
  const { calls, spending, waiting } = runs[0].state;
  const { outcomes, seconds, timed, retries, lastRetry } = calls;
  const failures = Object.entries(outcomes).filter(([outcome]) => outcome !== 'reply');
  const { budget = {}, dollars, tokens } = spending ?? {};
  const total = (tokens?.input ?? 0) + (tokens?.output ?? 0);
  const shares = [
    ['cost', dollars, budget.cost, formatDollars],
    ['calls', spending?.calls, budget.calls, count],
    ['tokens', tokens === undefined ? undefined : total, budget.tokens, count],
  ] as const;
  const held =
    waiting['rate limit'] === undefined
      ? []
      : [`held back by the rate limit: ${waiting['rate limit'].why ?? ''}`];
  return (
    <Box flexDirection="column">
      <Line
        text={`${count(outcomes['reply'] ?? 0)} replies${timed === 0 ? '' : `, ${(seconds / timed).toFixed(1)} s each`}, ${count(spending?.stored ?? 0)} from the store, ${count(retries)} tries made again`}
        width={width}
      />
      {failures.map(([outcome, times]) => (
        <Line key={outcome} text={`${outcome}: ${count(times)}`} width={width} color={THEME.warning} />
      ))}
      {lastRetry !== undefined && (
        <Line
          text={`last failure: ${lastRetry.kind}, ${lastRetry.reason}; again in ${lastRetry.seconds.toFixed(1)} s`}
          width={width}
          dim
        />
      )}
      {held.map((text) => (
        <Line key={text} text={text} width={width} color={THEME.warning} />
      ))}
      {shares.map(
        ([name, used, most, format]) =>
          used !== undefined && <Share key={name} {...{ name, used, most, format, width }} />,
      )}
    </Box>
  );
}

type ShareProps = {
  readonly name: string;
  readonly used: number;
  readonly most: number | undefined;
  readonly format: (value: number) => string;
  readonly width: number;
};

const WIDEST_BAR = 20;
/** From this share of the budget on, it is shown as something to look at. */
const NEARLY_ALL = 0.9;

function Share({ name, used, most, format, width }: ShareProps) {
  if (most === undefined) return <Line text={`${name}: ${format(used)}`} width={width} />;
  const share = most === 0 ? 1 : used / most;
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
