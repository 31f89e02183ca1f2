import { Box } from 'ink';
import { formatDollars } from '@rewardedit/core/text';
import { Line } from '../text/line.tsx';
import { inFront } from '../runs/watched-run.ts';
import { waitingLines } from '../runs/waiting.ts';
import { THEME } from '../theme.ts';
import { ShareBar } from './parts/share-bar.tsx';
import type { PaneProps } from './pane.ts';

const count = (value: number) => value.toLocaleString('en-US');

/** Calls by outcome, retries, and spending against the budget. */
export function CallsPane({ runs, width, settings, now }: PaneProps) {
  const { state } = inFront(runs, settings.front);
  const { calls, spending } = state;
  const { outcomes, seconds, timed, retries, lastRetry } = calls;
  const failures = Object.entries(outcomes).filter(([outcome]) => outcome !== 'reply');
  // A budget covers all processes of the run.
  const { budget = {}, ofRun = {}, dollars, tokens } = spending ?? {};
  const total = tokens && tokens.input + tokens.output;
  const shares = [
    ['cost', ofRun.cost ?? dollars, budget.cost, formatDollars],
    ['calls', ofRun.calls ?? spending?.calls, budget.calls, count],
    ['tokens', ofRun.tokens ?? total, budget.tokens, count],
  ] as const;
  return (
    <Box flexDirection="column">
      <Line
        text={`${count(outcomes['reply'] ?? 0)} replies${timed === 0 ? '' : `, ${(seconds / timed).toFixed(1)} s each`}, ${count(spending?.stored ?? 0)} from the store, ${count(retries)} retries`}
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
      {waitingLines(state, now).map((text) => (
        <Line key={text} text={text} width={width} color={THEME.warning} />
      ))}
      {shares.map(
        ([name, used, most, format]) =>
          used !== undefined && <ShareBar key={name} {...{ name, used, most, format, width }} />,
      )}
    </Box>
  );
}
