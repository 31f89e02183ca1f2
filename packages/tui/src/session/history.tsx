import { Box } from 'ink';
import { PERSPECTIVES } from '@rewardedit/core';
import { Line } from '../text/line.tsx';
import { SLIDERS, SLIDER_NAMES, type EditChoice } from './choice.ts';
import type { Version } from './session-state.ts';

type Props = {
  readonly versions: readonly Version[];
  readonly shown: number | undefined;
  readonly width: number;
  readonly height: number;
};

/** All versions, newest last, with their differences to the previous one. */
export function History({ versions, shown, width, height }: Props) {
  const room = Math.max(0, height - 1);
  const first = Math.max(0, Math.min(versions.length, (shown ?? versions.length - 1) + 1) - room);
  return (
    <Box flexDirection="column" width={width}>
      <Line
        text={versions.length === 0 ? 'History: no edits yet' : `History: ${versions.length}`}
        width={width}
        bold
      />
      {versions.slice(first, first + room).map((version, i) => {
        const at = first + i;
        const marks = `${at === shown ? '›' : ' '}${version.isKept ? '★' : ' '}${version.saved === undefined ? ' ' : '↓'}`;
        return (
          <Line
            key={at}
            text={`${marks} ${at + 1} ${aboutVersion(version, versions[at - 1])}`}
            width={width}
            inverse={at === shown}
          />
        );
      })}
    </Box>
  );
}

function aboutVersion({ choice, strip, verdict }: Version, before: Version | undefined): string {
  const scores =
    typeof verdict === 'object'
      ? ` judged ${PERSPECTIVES.map((name) => verdict.scores[name] ?? '-').join(',')}`
      : '';
  if (strip !== undefined) return `strip of ${SLIDERS[strip.slider].label}${scores}`;
  return `${changes(choice, before?.choice)}${scores}`;
}

function changes(choice: EditChoice, before: EditChoice | undefined): string {
  if (before === undefined || before.instruction !== choice.instruction) return choice.instruction;
  const moved = SLIDER_NAMES.filter((name) => SLIDERS[name].get(choice) !== SLIDERS[name].get(before));
  if (moved.length === 0) return before.picture === choice.picture ? 'no change' : 'another picture';
  return moved.map((name) => `${SLIDERS[name].label} ${SLIDERS[name].get(choice)}`).join(', ');
}
