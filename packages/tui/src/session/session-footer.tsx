import { KeyHints } from '../text/key-hints.tsx';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { SessionState } from './session-state.ts';

const TYPING_KEYS = ['type the instruction', 'Enter edit', 'Esc, then ? for all keys'] as const;
const KEYS = [
  ...['? help', 'q leave', 'Enter edit', 'c compare', 'v vary', 'k keep', 'w save'],
  ...['t strip', 'j judge', 'u undo', 'y copy'],
] as const;

type Props = { readonly state: SessionState; readonly width: number };

/** The text being typed, else a message, else the work in progress, else key hints. */
export function SessionFooter({ state, width }: Props) {
  const { saving, message, busy, focus } = state;
  if (saving !== undefined)
    return <Line text={`save as: ${saving}▏  Enter saves, Esc cancels`} width={width} color={THEME.key} />;
  if (message !== undefined) return <Line text={message} width={width} color={THEME.warning} />;
  if (busy !== undefined) return <Line text={`${busy} … Esc stops it`} width={width} color={THEME.accent} />;
  return <KeyHints keys={focus === 'instruction' ? TYPING_KEYS : KEYS} width={width} />;
}
