import { Box } from 'ink';
import { PERSPECTIVES, type RunState } from '@rewardedit/core';
import { inFront } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import { wrap } from '../text/fit.ts';
import { THEME } from '../theme.ts';
import type { PaneProps } from './pane.ts';

type VerdictLine = { readonly text: string; readonly color?: string; readonly bold?: boolean };

/** The judge's verdicts with feedback, and quarantined triplets; newest first. */
export function VerdictsPane({ runs, width, height, settings }: PaneProps) {
  const lines = verdictLines(inFront(runs, settings.front).state, width).slice(0, height);
  return (
    <Box flexDirection="column">
      {lines.map((line, i) => (
        <Line key={i} {...line} width={width} />
      ))}
      {lines.length === 0 && <Line text="no verdicts yet" width={width} dim />}
    </Box>
  );
}

function verdictLines({ judged, quarantined }: RunState, width: number): VerdictLine[] {
  const verdicts = judged.map(({ seq, id, reward }) => {
    const scores = PERSPECTIVES.map((name) => `${name} ${reward.scores[name] ?? '-'}`).join('  ');
    const feedback = PERSPECTIVES.flatMap((name) => {
      const text = reward.feedback[name];
      return text === undefined || text === '' ? [] : wrap(`${name}: ${text}`, width - 2, 2);
    });
    return {
      seq,
      lines: [{ text: `${id}  ${scores}`, bold: true }, ...feedback.map((text) => ({ text: `  ${text}` }))],
    };
  });
  const aside = quarantined.newest.map(({ seq, id, reason }) => ({
    seq,
    lines: [{ text: `${id} was quarantined: ${reason}`, color: THEME.warning }],
  }));
  return [...verdicts, ...aside].toSorted((a, b) => b.seq - a.seq).flatMap(({ lines }) => lines);
}
