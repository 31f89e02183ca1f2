import type { Perspective } from '@rewardedit/core';
import type { About, PerspectiveChange, RowDetails } from '../protocol.ts';
import type { Opinion, SaveState } from './corrections.ts';
import { button, element, setAttribute, setStyleNumber } from '@rewardedit/pages/browser/dom';
import { formatNumber } from '@rewardedit/pages/browser/format';
import { showText } from '@rewardedit/pages/browser/shown-text';

/** One perspective of a row: the judge's score and text, and the person's correction, to be edited. */
export type ScoreCard = {
  readonly name: Perspective;
  readonly root: HTMLElement;
  show(row: RowDetails, opinion: Opinion, state: SaveState): void;
  /** Shows whether keys apply to this perspective. */
  setActive(isActive: boolean): void;
  focus(): void;
  focusText(): void;
  /** Submits a typed text, if there is one. */
  commitText(): void;
  hasUncommittedText(): boolean;
};

export type ScoreCardOptions = {
  readonly about: About;
  readonly name: Perspective;
  readonly title: string;
  readonly onChange: (row: RowDetails, change: PerspectiveChange) => void;
  readonly onFocus: () => void;
  readonly onRetry: () => void;
};

const STATE_LABELS: Readonly<Record<SaveState['is'], string>> = {
  untouched: '',
  saving: 'Saving …',
  saved: 'Saved',
  failed: 'Not saved',
};

export function createScoreCard({
  about: { highestScore, longestFeedback },
  name,
  title,
  onChange,
  onFocus,
  onRetry,
}: ScoreCardOptions): ScoreCard {
  let row: RowDetails | undefined;
  let said: Opinion = { score: null, feedback: null };
  const change = (what: PerspectiveChange) => row !== undefined && onChange(row, what);

  const score = element('span', { class: 'score' });
  const state = element('span', { class: 'state' });
  const retry = button({ class: 'link', hidden: true }, onRetry, 'Try again');
  const withdraw = button(
    { class: 'link', tabindex: -1, title: 'Back to the judge’s score (x)' },
    () => change({ score: null, feedback: null }),
    'Withdraw',
  );
  // Keys apply while the card has the focus, so Tab moves from one perspective to the next.
  const scores = Array.from({ length: highestScore + 1 }, (_, value) =>
    button(
      { tabindex: -1, 'aria-pressed': 'false', 'aria-label': `${title}: ${value}` },
      () => change({ score: value }),
      String(value),
    ),
  );
  const judgeMark = element('span', { class: 'judge-mark', 'aria-hidden': true });
  const judgeLine = element('p', { class: 'judge-line' });
  const judgeText = element('p', { class: 'judge-text' });
  const text = element('textarea', {
    tabindex: -1,
    rows: 1,
    dir: 'auto',
    maxlength: longestFeedback,
    placeholder: 'What failed (e)',
    'aria-label': `Your feedback on ${title}`,
  });
  const root = element(
    'section',
    { class: 'card', tabindex: 0, role: 'group', 'aria-label': title, 'data-perspective': name },
    element('header', {}, score, element('h3', {}, title), state, retry),
    element('div', { class: 'scale' }, ...scores, judgeMark),
    element('div', { class: 'judge' }, judgeLine, withdraw, judgeText),
    text,
  );

  const typed = () => (text.value.trim() === '' ? null : text.value);
  const hasUncommittedText = () => typed() !== said.feedback;
  const commitText = () => {
    if (hasUncommittedText()) change({ feedback: typed() });
  };
  text.addEventListener('change', commitText);
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) root.focus();
  });
  root.addEventListener('focusin', onFocus);
  root.addEventListener('pointerdown', onFocus);

  return {
    name,
    root,
    show(shown, opinion, saving) {
      const isOther = shown.position !== row?.position;
      if (isOther) commitText();
      const hadUncommitted = !isOther && document.activeElement === text && hasUncommittedText();
      row = shown;
      said = opinion;
      if (!hadUncommitted) text.value = opinion.feedback ?? '';

      const judged = shown.judged?.scores[name];
      const counts = opinion.score ?? judged;
      score.textContent = counts === undefined ? '–' : formatNumber(counts);
      if (counts !== undefined) setStyleNumber(root, '--score', counts / highestScore);
      const isCorrected = opinion.score !== null || opinion.feedback !== null;
      root.classList.toggle('corrected', isCorrected);
      root.classList.toggle('scoreless', counts === undefined);
      for (const [value, made] of scores.entries()) {
        setAttribute(made, 'aria-pressed', String(opinion.score === value));
        made.classList.toggle('half-above', opinion.score === value + 0.5);
        made.classList.toggle('half-below', opinion.score === value - 0.5);
      }
      judgeMark.hidden = judged === undefined;
      if (judged !== undefined) setStyleNumber(judgeMark, '--at', judged / highestScore);
      judgeLine.textContent = judgeSays(judged, shown.judged?.spread?.[name]);
      showText(judgeText, shown.judged?.feedback[name] ?? '');
      withdraw.hidden = !isCorrected;
      state.textContent = STATE_LABELS[saving.is];
      setAttribute(state, 'data-state', saving.is);
      setAttribute(state, 'title', saving.is === 'failed' ? saving.problem.message : undefined);
      retry.hidden = saving.is !== 'failed';
    },
    setActive: (isActive) => void root.classList.toggle('active', isActive),
    focus: () => root.focus({ preventScroll: true }),
    focusText: () => text.focus(),
    commitText,
    hasUncommittedText,
  };
}

function judgeSays(score: number | undefined, spread: number | undefined): string {
  if (score === undefined) return 'No score from the judge';
  return spread === undefined
    ? `Judge ${formatNumber(score)}`
    : `Judge ${formatNumber(score)} ± ${formatNumber(spread)}`;
}
