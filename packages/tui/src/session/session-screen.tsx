import { Box } from 'ink';
import type { RunState } from '@rewardedit/core';
import { FIELDS } from './choice.ts';
import { Form } from './form.tsx';
import { History } from './history.tsx';
import { SessionHelp } from './session-help.tsx';
import { SessionFooter } from './session-footer.tsx';
import type { SessionState } from './session-state.ts';
import { Shown } from './shown.tsx';

type Props = {
  readonly state: SessionState;
  /** The state of the edit in progress. */
  readonly run: { readonly folder: string; readonly state: RunState };
  readonly columns: number;
  readonly rows: number;
};

const FORM_WIDTH = 42;
/** From this width on, form and picture are side by side. */
const WIDE = 80;

/** Form and history on the left, the picture on the right; on a narrow terminal below each other. */
export function SessionScreen({ state, run, columns, rows }: Props) {
  const isWide = columns >= WIDE;
  const formWidth = isWide ? FORM_WIDTH : columns;
  const height = rows - 1;
  const pictureWidth = isWide ? columns - FORM_WIDTH - 2 : columns;
  const formHeight = isWide
    ? Math.min(FIELDS.length, height)
    : Math.min(FIELDS.length, Math.ceil(height / 3));
  const historyHeight = isWide ? height - formHeight - 1 : Math.min(2, height - formHeight);
  const pictureHeight = isWide ? height : height - formHeight - historyHeight;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {state.isHelp ? (
        <SessionHelp width={columns} height={height} />
      ) : (
        <Box
          flexDirection={isWide ? 'row' : 'column'}
          columnGap={2}
          height={Math.max(0, height)}
          overflow="hidden"
        >
          <Box flexDirection="column" width={formWidth}>
            <Form choice={state.choice} focus={state.focus} width={formWidth} height={formHeight} />
            <History {...state} width={formWidth} height={historyHeight} />
          </Box>
          <Shown {...{ state, run }} width={pictureWidth} height={pictureHeight} />
        </Box>
      )}
      <SessionFooter state={state} width={columns} />
    </Box>
  );
}
