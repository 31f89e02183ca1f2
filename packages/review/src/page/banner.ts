import type { Problem } from '@rewardedit/pages/browser/problem';
import { button, byId, element } from '@rewardedit/pages/browser/dom';
import { shownText } from '@rewardedit/pages/browser/shown-text';

/** What went wrong: each kind has its own banner, which disappears after a success. */
export type BannerSubject = 'saving' | 'listing' | 'row';

/** Shows a problem above everything else; removes it if there is none. */
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

/** Announces something to screen readers. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}
