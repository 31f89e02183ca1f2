import { livenessOf, type RunState } from '@rewardedit/core';
import { formatDuration } from '@rewardedit/core/text';
import { Line } from '../../text/line.tsx';
import { THEME } from '../../theme.ts';

type Props = { readonly state: RunState; readonly width: number; readonly now: number };

/** How a run ended, or that it is silent; nothing while it is at work. */
export function Ending({ state, width, now }: Props) {
  const { ending, lastAt } = state;
  if (ending !== undefined) {
    const text = [`The run ended: ${ending.status}`, ending.message, ending.hint].filter(Boolean).join('. ');
    return <Line text={text} width={width} color={ending.status === 'done' ? THEME.good : THEME.bad} bold />;
  }
  if (livenessOf(state, now) !== 'silent' || lastAt === undefined) return null;
  const text = `No sign of life for ${formatDuration((now - lastAt) / 1000)}: its process or machine may be down.`;
  return <Line text={text} width={width} color={THEME.warning} bold />;
}
