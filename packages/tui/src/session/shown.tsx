import { Box } from 'ink';
import { PERSPECTIVES, type RunState } from '@rewardedit/core';
import { DenoisingPane } from '../panes/denoising-pane.tsx';
import { PictureView } from '../pictures/picture.tsx';
import { wrap } from '../text/fit.ts';
import { Line } from '../text/line.tsx';
import { FIRST_SETTINGS } from '../watch/view-settings.ts';
import { Comparison } from './comparison.tsx';
import { shownVersion, type SessionState, type Version } from './session-state.ts';
import { StripView } from './strip.tsx';

type Props = {
  readonly state: SessionState;
  /** The state of the edit in progress. */
  readonly run: { readonly folder: string; readonly state: RunState };
  readonly width: number;
  readonly height: number;
};

/** The edit in progress, or the shown version. */
export function Shown({ state, run, width, height }: Props) {
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

/** The judge's verdict, in a few lines. */
function verdictLines({ verdict }: Version, width: number): string[] {
  if (verdict === undefined) return [];
  if (typeof verdict === 'string') return wrap(`No verdict: ${verdict}`, width, 3);
  const scores = PERSPECTIVES.map((name) => `${name} ${verdict.scores[name] ?? '-'}`).join('  ');
  const feedback = PERSPECTIVES.flatMap((name) => verdict.feedback[name] ?? []).filter((text) => text !== '');
  return [scores, ...feedback.flatMap((text) => wrap(text, width, 2))].slice(0, 5);
}
