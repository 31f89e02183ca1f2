import { openPhase, type RunState } from '@rewardedit/core';
import { KeyHints } from '../text/key-hints.tsx';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { ViewSettings } from './view-settings.ts';

type Props = {
  /** Of the run in front. */
  readonly state: RunState;
  readonly runCount: number;
  readonly settings: ViewSettings;
  /** Whether this is a replay: it can pause, but accepts no requests. */
  readonly isReplay: boolean;
  readonly message: string | undefined;
  readonly width: number;
};

/** The text being typed, else a message, else key hints. */
export function Footer({ settings, message, width, ...shown }: Props) {
  if (settings.isFiltering) {
    const text = `metrics named: /${settings.filter}▏  Enter keeps, Esc clears`;
    return <Line text={text} width={width} color={THEME.key} />;
  }
  if (message !== undefined) return <Line text={message} width={width} color={THEME.warning} />;
  return <KeyHints keys={keysFor(shown)} width={width} />;
}

function keysFor({ state, runCount, isReplay }: Pick<Props, 'state' | 'runCount' | 'isReplay'>): string[] {
  return [
    '? help',
    'q leave',
    ...(isReplay ? ['p pause the replay'] : requestKeys(state)),
    ...(runCount > 1 ? ['n next run'] : []),
    'Tab pane',
    'Enter enlarge',
  ];
}

/** The keys for requests that the run accepts now. */
function requestKeys(state: RunState): string[] {
  if (state.status !== 'running' || state.run === undefined) return [];
  const able = openPhase(state)?.requests ?? [];
  return [
    ...(able.includes('pause') ? [`p ${'resume' in state.waiting ? 'go on' : 'pause'}`] : []),
    ...(able.includes('checkpoint') ? ['c checkpoint'] : []),
    ...(able.includes('sample') ? ['s sample'] : []),
    'x stop',
  ];
}
