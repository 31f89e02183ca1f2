import { Box } from 'ink';
import { PERSPECTIVES, type RunState } from '@rewardedit/core';
import { DenoisingPane } from '../panes/denoising-pane.tsx';
import { PictureView } from '../pictures/picture.tsx';
import { wrap } from '../text/fit.ts';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import { FIRST_SETTINGS } from '../watch/view-settings.ts';
import { FIELDS } from './choice.ts';
import { Comparison } from './comparison.tsx';
import { Form } from './form.tsx';
import { History } from './history.tsx';
import { SessionHelp } from './session-help.tsx';
import { shownVersion, type SessionState, type Version } from './session-state.ts';
import { StripView } from './strip.tsx';

type Props = {
  readonly state: SessionState;
  /** Of what is being made. */
  readonly run: { readonly folder: string; readonly state: RunState };
  readonly columns: number;
  readonly rows: number;
};

const FORM_WIDTH = 42;
/** From so many columns on, form and picture stand side by side. */
const WIDE = 80;

/** Form and history to the left, the picture to the right; on a narrow terminal below each other. */
export function SessionScreen({ state, run, columns, rows }: Props) {
  const isWide = columns >= WIDE;
  const formWidth = isWide ? FORM_WIDTH : columns;
  const height = rows - 1;
  const pictureWidth = isWide ? columns - FORM_WIDTH - 2 : columns;
  const pictureHeight = isWide ? height : Math.max(0, height - FIELDS.length);
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
            <Form choice={state.choice} focus={state.focus} width={formWidth} />
            {isWide && <History {...state} width={formWidth} height={height - FIELDS.length - 1} />}
          </Box>
          <Shown {...{ state, run }} width={pictureWidth} height={pictureHeight} />
        </Box>
      )}
      <SessionFooter state={state} width={columns} />
    </Box>
  );
}

type ShownProps = Pick<Props, 'state' | 'run'> & { readonly width: number; readonly height: number };

/** What is being made, or what was made. */
function Shown({ state, run, width, height }: ShownProps) {
  const version = shownVersion(state);
  if (height < 1) return null;
  if (state.busy !== undefined && run.state.denoising.length > 0) {
    const runs = [{ ...run, title: '' }];
    return <DenoisingPane {...{ runs, width, height }} settings={FIRST_SETTINGS} now={0} />;
  }
  if (version === undefined) {
    const { picture } = state.choice;
    return picture === undefined ? null : (
      <PictureView paths={[picture]} columns={width} rows={height} title="original" />
    );
  }
  const verdict = verdictLines(version, width);
  const room = Math.max(1, height - verdict.length);
  const { strip, made } = version;
  return (
    <Box flexDirection="column">
      {strip !== undefined && <StripView strip={strip} width={width} height={room} />}
      {strip === undefined && state.view === 'compare' && (
        <Comparison made={made} width={width} height={room} />
      )}
      {strip === undefined && state.view === 'result' && (
        <PictureView paths={[made.result]} columns={width} rows={room} title={version.choice.instruction} />
      )}
      {verdict.map((text, i) => (
        <Line key={i} text={text} width={width} bold={i === 0} />
      ))}
    </Box>
  );
}

/** What the judge said, in a few lines. */
function verdictLines({ verdict }: Version, width: number): string[] {
  if (verdict === undefined) return [];
  if (typeof verdict === 'string') return wrap(`No verdict: ${verdict}`, width, 3);
  const scores = PERSPECTIVES.map((name) => `${name} ${verdict.scores[name] ?? '-'}`).join('  ');
  const feedback = PERSPECTIVES.flatMap((name) => verdict.feedback[name] ?? []).filter((text) => text !== '');
  return [scores, ...feedback.flatMap((text) => wrap(text, width, 2))].slice(0, 5);
}

function SessionFooter({ state, width }: { readonly state: SessionState; readonly width: number }) {
  const { saving, message, busy, focus } = state;
  if (saving !== undefined)
    return <Line text={`save as: ${saving}▏  Enter saves, Esc does not`} width={width} color={THEME.key} />;
  if (message !== undefined) return <Line text={message} width={width} color={THEME.warning} />;
  if (busy !== undefined) return <Line text={`${busy} … Esc stops it`} width={width} color={THEME.accent} />;
  const keys =
    focus === 'instruction'
      ? 'type the instruction · Enter edit · Esc, then ? for all keys'
      : 'Enter edit · v vary · k keep · c compare · j judge · t strip · w save · y copy · u undo · ? help · q leave';
  return <Line text={keys} width={width} color={THEME.key} />;
}
