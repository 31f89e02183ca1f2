import { describe, expect, it } from 'vitest';
import type { Change, CorrectionShown, Saved } from '../protocol.ts';
import { createCorrections, type CorrectedRow } from './corrections.ts';

/** A server that answers on command. */
function scenario() {
  const sent: Change[] = [];
  const answers: { answer(): void; fail(): void }[] = [];
  const rows = new Map<number, CorrectedRow>(
    [0, 1].map((position) => [position, { position, id: `row-${position}` }]),
  );
  const corrections = createCorrections({
    send(change) {
      sent.push(change);
      return new Promise<Saved>((resolve, reject) => {
        const saved = {
          number: sent.length,
          row: {
            position: change.position,
            id: change.id,
            instruction: '',
            scores: {},
            isCorrected: true,
            isSetAside: false,
          },
          correction: merged(rows.get(change.position)?.correction, change),
        };
        answers.push({ answer: () => resolve(saved), fail: () => reject(new Error('the disk is full')) });
      });
    },
    onSaved({ row: { position, id }, correction }) {
      rows.set(position, { position, id, ...(correction !== undefined && { correction }) });
    },
    onState: () => undefined,
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return {
    corrections,
    sent,
    row: (position = 0) => rows.get(position)!,
    async answer() {
      answers.shift()!.answer();
      await settle();
    },
    async fail() {
      answers.shift()!.fail();
      await settle();
    },
  };
}

function merged(before: CorrectionShown | undefined, { perspectives }: Change): CorrectionShown {
  const scores = { ...before?.scores };
  for (const name of ['following', 'preserving', 'quality'] as const) {
    const score = perspectives[name]?.score;
    if (score === null) delete scores[name];
    else if (score !== undefined) scores[name] = score;
  }
  return { scores, feedback: {}, time: '2026-01-01T00:00:00Z' };
}

const scoresSent = (sent: readonly Change[]) =>
  sent.map(({ perspectives }) => Object.values(perspectives)[0]?.score);

describe('createCorrections', () => {
  it('shows a change at once, and reports it as saved once the server has saved it', async () => {
    const { corrections, row, sent, answer } = scenario();
    expect(corrections.state(0, 'quality')).toEqual({ is: 'untouched' });
    corrections.change(row(), 'quality', { score: 4 });
    expect(corrections.opinion(row(), 'quality')).toEqual({ score: 4, feedback: null });
    expect(corrections.state(0, 'quality')).toEqual({ is: 'saving' });
    expect(corrections.unsaved()).toEqual({ saving: 1, failed: 0 });
    await answer();
    expect(corrections.state(0, 'quality')).toEqual({ is: 'saved' });
    expect(corrections.opinion(row(), 'quality').score).toBe(4);
    corrections.change(row(), 'quality', { score: 4, feedback: ' ' });
    expect(sent.length).toBe(1);
  });

  it('sends changes one after the other, and of several waiting changes only the last', async () => {
    const { corrections, row, sent, answer } = scenario();
    corrections.change(row(), 'quality', { score: 1 });
    corrections.change(row(), 'following', { score: 2 });
    corrections.change(row(), 'following', { score: 3 });
    corrections.change(row(), 'quality', { score: 5 });
    expect(scoresSent(sent)).toEqual([1]);
    await answer();
    expect(corrections.opinion(row(), 'quality').score).toBe(5);
    expect(corrections.state(0, 'quality')).toEqual({ is: 'saving' });
    await answer();
    await answer();
    expect(new Set(scoresSent(sent))).toEqual(new Set([1, 3, 5]));
    expect(sent.length).toBe(3);
    expect(row().correction?.scores).toEqual({ quality: 5, following: 3 });
    expect(corrections.unsaved()).toEqual({ saving: 0, failed: 0 });
  });

  it('keeps what could not be saved, with the reason, and saves it later', async () => {
    const { corrections, row, sent, answer, fail } = scenario();
    corrections.change(row(), 'quality', { score: 1 });
    await fail();
    expect(corrections.state(0, 'quality')).toMatchObject({
      is: 'failed',
      problem: { message: expect.stringContaining('disk') as string },
    });
    expect(corrections.opinion(row(), 'quality').score).toBe(1);
    expect(corrections.unsaved()).toEqual({ saving: 0, failed: 1 });
    corrections.retry();
    expect(corrections.problem()).toBeUndefined();
    await answer();
    expect(corrections.state(0, 'quality')).toEqual({ is: 'saved' });
    expect(scoresSent(sent)).toEqual([1, 1]);
  });

  it('undoes changes one by one, and returns the row of each', async () => {
    const { corrections, row, sent, answer } = scenario();
    corrections.change(row(0), 'quality', { score: 1 });
    await answer();
    corrections.change(row(0), 'quality', { score: 2 });
    await answer();
    corrections.change(row(1), 'following', { score: 3 });
    await answer();
    expect(corrections.undo()?.position).toBe(1);
    await answer();
    expect(corrections.undo()?.position).toBe(0);
    await answer();
    expect(corrections.opinion(row(0), 'quality').score).toBe(1);
    corrections.undo();
    await answer();
    expect(corrections.opinion(row(0), 'quality').score).toBeNull();
    expect(corrections.undo()).toBeUndefined();
    expect(scoresSent(sent)).toEqual([1, 2, 3, null, 1, null]);
  });
});
