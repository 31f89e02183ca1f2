import type { Saved } from '../protocol.ts';

/** Notifies the other tabs of this page about saves; calls `onSaved` for theirs. */
export function createTabs(onSaved: (saved: Saved) => void): { tell(saved: Saved): void } {
  const channel = new BroadcastChannel(`rewardedit-review ${location.pathname}`);
  channel.addEventListener('message', ({ data }: MessageEvent<Saved>) => onSaved(data));
  return { tell: (saved) => channel.postMessage(saved) };
}
