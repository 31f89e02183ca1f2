import type { Saved } from '../protocol.ts';

/** Tells the other tabs with this page what was saved here; `onSaved` is told what was saved there. */
export function createTabs(onSaved: (saved: Saved) => void): { tell(saved: Saved): void } {
  const channel = new BroadcastChannel(`rewardedit-review ${location.pathname}`);
  channel.addEventListener('message', ({ data }: MessageEvent<Saved>) => onSaved(data));
  return { tell: (saved) => channel.postMessage(saved) };
}
