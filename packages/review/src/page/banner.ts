import type { Problem } from '@rewardedit/pages/browser/problem';
import { button, byId, element } from '@rewardedit/pages/browser/dom';
import { shownText } from '@rewardedit/pages/browser/shown-text';

/** What went wrong: each has a place of its own, and goes when it went right. */
export type BannerSubject = 'saving' | 'listing' | 'row';

/** Says above everything else what went wrong; without a problem that goes. */
export function showBanner(subject: BannerSubject, problem?: Problem, retry?: () => void): void {
  const banners = byId('banners');
  const old = banners.querySelector(`[data-subject=${subject}]`);
  if (problem === undefined) {
    old?.remove();
    return;
  }
  const { message, where, hint } = problem;
  const banner = element(
    'div',
    { class: 'banner', role: 'alert', 'data-subject': subject },
    shownText('span', { class: 'message' }, message),
    ...[where, hint].map((part) =>
      part === undefined ? undefined : shownText('span', { class: 'more' }, part),
    ),
    retry === undefined ? undefined : button({}, retry, 'Try again'),
  );
  if (old === null) banners.append(banner);
  else old.replaceWith(banner);
}

/** Tells something to who listens to the page instead of looking at it. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}
