import { Box } from 'ink';
import { differences, settingsOf } from '../runs/differences.ts';
import { fit, pad } from '../text/fit.ts';
import { Line } from '../text/line.tsx';
import type { PaneProps } from './pane.ts';

/** The settings of a run; of several runs, those that differ. */
export function OverviewPane({ runs, width, height, settings }: PaneProps) {
  const lines = runs.length === 1 ? settingLines(runs[0], width) : differenceLines(runs, width);
  const scroll = settings.focused === 'overview' ? settings.scroll : 0;
  const first = Math.max(0, Math.min(scroll, lines.length - height));
  return (
    <Box flexDirection="column">
      {lines.slice(first, first + height).map((text, i) => (
        <Line key={i} text={text} width={width} />
      ))}
    </Box>
  );
}

function settingLines(run: PaneProps['runs'][number], width: number): string[] {
  const { state, folder } = run;
  const facts = [
    ['run', state.run ?? '-'],
    ['folder', folder],
    ['host', `${state.host ?? '-'}, process ${state.pid ?? '-'}`],
    ['version', state.version ?? '-'],
    ['begun', state.firstStartedAt === undefined ? '-' : new Date(state.firstStartedAt).toISOString()],
    ['processes', String(state.attempts)],
    ...(state.lost === 0 ? [] : [['events lost', String(state.lost)]]),
  ] as [string, string][];
  const all = [...facts, ...settingsOf(run)];
  const names = Math.min(Math.floor(width / 2), Math.max(...all.map(([name]) => name.length)) + 2);
  return all.map(([name, value]) => pad(name, names) + fit(value, width - names));
}

function differenceLines(runs: PaneProps['runs'], width: number): string[] {
  const rows = differences(runs);
  const names = Math.min(Math.floor(width / 3), Math.max(12, ...rows.map(({ name }) => name.length)) + 2);
  const each = Math.max(6, Math.floor((width - names) / runs.length));
  const row = (name: string, values: readonly string[]) =>
    pad(name, names) + values.map((value) => `${pad(value, each - 1)} `).join('');
  return [
    row(
      '',
      runs.map(({ title }) => title),
    ),
    row(
      'status',
      runs.map(({ state }) => state.status),
    ),
    row(
      'step',
      runs.map(({ state }) => String(state.step ?? '-')),
    ),
    ...rows.map(({ name, values }) =>
      row(
        name,
        values.map((value) => value ?? '-'),
      ),
    ),
    ...(rows.length === 0 ? ['The runs have the same settings.'] : []),
  ];
}
