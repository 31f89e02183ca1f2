import type { Problem } from '@rewardedit/pages/browser/problem';
import { showBanner } from './banner.ts';
import { byId, setAttribute } from '@rewardedit/pages/browser/dom';
import type { Corrections } from './corrections.ts';

/** Shows in the corner of the page whether all corrections are on the disk, and in a banner why not. */
export function showSaveState(
  { saving, failed }: ReturnType<Corrections['unsaved']>,
  problem: Problem | undefined,
  retry: () => void,
): void {
  const state = byId('save-state');
  state.textContent = failed > 0 ? `${failed} not saved` : saving > 0 ? 'Saving …' : 'All saved';
  setAttribute(state, 'data-state', failed > 0 ? 'failed' : saving > 0 ? 'saving' : 'saved');
  showBanner(
    'saving',
    problem && { ...problem, message: `A correction could not be saved: ${problem.message}` },
    retry,
  );
}
