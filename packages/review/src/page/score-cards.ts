import type { Perspective } from '@rewardedit/core';
import type { About, PerspectiveChange, RowDetails } from '../protocol.ts';
import type { Corrections } from './corrections.ts';
import { byId } from '@rewardedit/pages/browser/dom';
import { createScoreCard } from './score-card.ts';

/** The scores of a row, one card a perspective; keys apply to the active one. */
export type ScoreCards = {
  show(row: RowDetails): void;
  /** Gives the active perspective a score. */
  score(value: number): void;
  /** Adds half a point, or removes it again. */
  toggleHalf(): void;
  withdraw(): void;
  focus(): void;
  focusText(): void;
  commitText(): void;
  hasUncommittedText(): boolean;
};

export type ScoreCardsOptions = {
  readonly about: About;
  readonly corrections: Pick<Corrections, 'opinion' | 'state' | 'change' | 'retry'>;
};

export function createScoreCards({ about, corrections }: ScoreCardsOptions): ScoreCards {
  let row: RowDetails | undefined;
  const cards = about.perspectives.map(({ name, title }) =>
    createScoreCard({
      about,
      name,
      title,
      onChange: (shown, what) => corrections.change(shown, name, what),
      onFocus: () => activate(name),
      onRetry: corrections.retry,
    }),
  );
  let [active] = cards;
  const activate = (name: Perspective) => {
    active = cards.find((card) => card.name === name) ?? active;
    for (const card of cards) card.setActive(card === active);
  };
  activate(active.name);
  byId('cards').replaceChildren(...cards.map(({ root }) => root));

  const change = (what: PerspectiveChange) => {
    if (row !== undefined) corrections.change(row, active.name, what);
  };
  return {
    show(shown) {
      row = shown;
      for (const card of cards)
        card.show(shown, corrections.opinion(shown, card.name), corrections.state(shown.position, card.name));
    },
    score: (value) => change({ score: value }),
    toggleHalf() {
      const score = row && corrections.opinion(row, active.name).score;
      if (typeof score !== 'number') return;
      change({
        score: Number.isInteger(score) ? Math.min(about.highestScore, score + 0.5) : Math.floor(score),
      });
    },
    withdraw: () => change({ score: null, feedback: null }),
    focus: () => active.focus(),
    focusText: () => active.focusText(),
    commitText() {
      for (const card of cards) card.commitText();
    },
    hasUncommittedText: () => cards.some((card) => card.hasUncommittedText()),
  };
}
