import type { Perspective } from '@rewardedit/core';
import type { Change, CorrectionShown, PerspectiveChange, Problem, Saved } from '../protocol.ts';
import { problemOf } from '@rewardedit/pages/browser/problem';

/** The triplet being corrected, and the person's correction according to the server. */
export type CorrectedRow = {
  readonly position: number;
  readonly id: string;
  readonly correction?: CorrectionShown;
};

/** A person's correction from one perspective; null for none. */
export type Opinion = { readonly score: number | null; readonly feedback: string | null };

/** The state of a perspective's correction: untouched, in flight, on the disk, or refused. */
export type SaveState =
  { readonly is: 'untouched' | 'saving' | 'saved' } | { readonly is: 'failed'; readonly problem: Problem };

type Step = { readonly row: CorrectedRow; readonly name: Perspective; readonly before: Opinion };

type Pending = { readonly row: CorrectedRow; readonly name: Perspective; opinion: Opinion };

export type Corrections = {
  /** A person's correction, including changes in flight. */
  opinion(row: CorrectedRow, name: Perspective): Opinion;
  state(position: number, name: Perspective): SaveState;
  /** Changes a person's correction, and saves it at once; a change without effect is ignored. */
  change(row: CorrectedRow, name: Perspective, change: PerspectiveChange): void;
  /** Undoes the last change by another change; returns its row. */
  undo(): CorrectedRow | undefined;
  /** Retries failed saves. */
  retry(): void;
  /** The error of the first failed save. */
  problem(): Problem | undefined;
  /** The number of perspectives with unsaved changes. */
  unsaved(): { readonly saving: number; readonly failed: number };
};

export type CorrectionsOptions = {
  readonly send: (change: Change) => Promise<Saved>;
  readonly onSaved: (saved: Saved) => void;
  /** Called whenever a state has changed. */
  readonly onState: () => void;
};

/**
 * Manages corrections: shown before they are saved, saved one after the other, and kept if saving fails. While a perspective
 * waits, a later change of it replaces the earlier one.
 */
export function createCorrections({ send, onSaved, onState }: CorrectionsOptions): Corrections {
  const pending = new Map<string, Pending>();
  const failed = new Map<string, Problem>();
  const saved = new Set<string>();
  const steps: Step[] = [];
  let isSending = false;
  const keyOf = (position: number, name: Perspective) => `${position}/${name}`;

  const opinion = (row: CorrectedRow, name: Perspective): Opinion => {
    const waiting = pending.get(keyOf(row.position, name));
    if (waiting !== undefined) return waiting.opinion;
    const { scores, feedback } = row.correction ?? {};
    return { score: scores?.[name] ?? null, feedback: feedback?.[name] ?? null };
  };

  const sendAll = async () => {
    if (isSending) return;
    isSending = true;
    for (;;) {
      const next = [...pending].find(([key]) => !failed.has(key));
      if (next === undefined) break;
      const [key, { row, name, opinion: sent }] = next;
      onState();
      try {
        const answer = await send({ position: row.position, id: row.id, perspectives: { [name]: sent } });
        // Unless it was changed again meanwhile.
        if (pending.get(key)?.opinion === sent) {
          pending.delete(key);
          saved.add(key);
        }
        onSaved(answer);
      } catch (error) {
        failed.set(key, problemOf(error));
      }
    }
    isSending = false;
    onState();
  };

  const enter = (row: CorrectedRow, name: Perspective, said: Opinion) => {
    pending.set(keyOf(row.position, name), { row, name, opinion: said });
    // The cause of the failure may be gone.
    failed.clear();
    void sendAll();
    onState();
  };

  return {
    opinion,
    state(position, name) {
      const key = keyOf(position, name);
      const problem = failed.get(key);
      if (problem !== undefined) return { is: 'failed', problem };
      if (pending.has(key)) return { is: 'saving' };
      return { is: saved.has(key) ? 'saved' : 'untouched' };
    },
    change(row, name, change) {
      const before = opinion(row, name);
      const after = { ...before, ...change };
      if (after.feedback?.trim() === '') after.feedback = null;
      if (after.score === before.score && after.feedback === before.feedback) return;
      steps.push({ row, name, before });
      enter(row, name, after);
    },
    undo() {
      const step = steps.pop();
      if (step === undefined) return undefined;
      enter(step.row, step.name, step.before);
      return step.row;
    },
    retry() {
      failed.clear();
      void sendAll();
      onState();
    },
    problem: () => failed.values().next().value,
    unsaved: () => ({ saving: pending.size - failed.size, failed: failed.size }),
  };
}
