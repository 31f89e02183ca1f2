import { Box } from 'ink';
import { livenessOf, openPhase } from '@rewardedit/core';
import { formatDuration } from '@rewardedit/core/text';
import type { FoundRun } from '../runs/find-runs.ts';
import { fitEnd, pad } from '../text/fit.ts';
import { KeyHints } from '../text/key-hints.tsx';
import { Line } from '../text/line.tsx';
import { STATUS_COLOURS } from '../theme.ts';

type Props = {
  /** Undefined while searching. */
  readonly runs: readonly FoundRun[] | undefined;
  /** The index of the cursor. */
  readonly at: number;
  /** Folders of the runs selected to be watched together. */
  readonly marked: ReadonlySet<string>;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
};

const KEYS = ['↑↓ choose', 'q leave', 'Enter watch', 'Space mark several', 'r look again'] as const;
const WIDTHS = { status: 12, command: 12, ago: 11, step: 18 } as const;

/** The runs below a folder, to choose one or several to watch. */
export function RunList({ runs: found, at, marked, columns, rows, now }: Props) {
  const runs = found ?? [];
  const room = Math.max(1, rows - 2);
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), runs.length - room));
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Line
        text={found === undefined ? 'Looking for runs…' : `${runs.length} runs, newest first`}
        width={columns}
        bold
      />
      {runs.slice(first, first + room).map((run, i) => (
        <Line
          key={run.folder}
          text={`${first + i === at ? '›' : ' '}${marked.has(run.folder) ? '●' : ' '} ${rowOf(run, columns - 3, now)}`}
          width={columns}
          inverse={first + i === at}
          color={STATUS_COLOURS[livenessOf(run.state, now)]}
        />
      ))}
      <Box flexGrow={1} />
      <KeyHints keys={KEYS} width={columns} />
    </Box>
  );
}

function rowOf({ title, state, changedAt }: FoundRun, width: number, now: number): string {
  const phase = openPhase(state) ?? state.phases.at(-1);
  const step =
    phase === undefined
      ? ''
      : `${phase.done}${phase.total === undefined ? '' : `/${phase.total}`} ${phase.unit}`;
  const ago = `${formatDuration(Math.max(0, (now - changedAt) / 1000))} ago`;
  const facts = [
    pad(livenessOf(state, now), WIDTHS.status),
    pad(state.command ?? '', WIDTHS.command),
    pad(ago, WIDTHS.ago),
    pad(step, WIDTHS.step),
  ];
  // Columns that do not fit are dropped from the end.
  while (facts.length > 1 && facts.join(' ').length > width - 20) facts.pop();
  const left = facts.join(' ');
  return `${left} ${fitEnd(title, width - left.length - 1)}`;
}
