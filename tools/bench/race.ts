import type { GpuResult } from './gpu/gpu-result.ts';

/** What one turn took. */
export interface Turn {
  readonly seconds: number;
  /** Most memory that the process has held so far. */
  readonly peakBytes: number;
}

export type Contestant = () => Promise<Turn>;

/** Something that is timed, alone or beside a peer. */
export interface Race {
  readonly name: string;
  /** Seconds until the first turn could begin, where that says something: weights put in place, the program compiled. */
  readonly readySeconds?: number;
  readonly ours: Contestant;
  readonly peer?: Contestant;
  readonly peerName?: string;
  /** Where our time goes, on backends that tell. */
  readonly inspect?: (() => Promise<GpuResult>) | undefined;
}

export interface RaceResult {
  readonly name: string;
  readonly readySeconds?: number;
  /** Median seconds. */
  readonly ours: number;
  readonly oursPeakBytes: number;
  readonly peer?: number;
  readonly peerPeakBytes?: number;
  readonly peerName?: string;
  /** Our median over the peer's: below 1 is faster. */
  readonly ratio?: number;
  readonly profile?: GpuResult;
}

/** Most memory that this process has held, in bytes. */
export function residentBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** Lets both take turns, after some that do not count, and gives the medians: what disturbs the machine disturbs both. */
export async function runRace(
  race: Race,
  { warmup, turns }: { warmup: number; turns: number },
): Promise<RaceResult> {
  const ours: Turn[] = [];
  const peers: Turn[] = [];
  for (let turn = 0; turn < warmup + turns; turn++) {
    const mine = await race.ours();
    const other = await race.peer?.();
    if (turn < warmup) continue;
    ours.push(mine);
    if (other) peers.push(other);
  }
  const profile = await race.inspect?.();
  const result = {
    name: race.name,
    ...(race.readySeconds !== undefined && { readySeconds: race.readySeconds }),
    ours: median(ours),
    oursPeakBytes: peak(ours),
    ...(profile && { profile }),
  };
  if (peers.length === 0) return result;
  const peer = median(peers);
  return {
    ...result,
    peer,
    peerPeakBytes: peak(peers),
    ...(race.peerName !== undefined && { peerName: race.peerName }),
    ratio: result.ours / peer,
  };
}

function median(turns: readonly Turn[]): number {
  const sorted = turns.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function peak(turns: readonly Turn[]): number {
  return Math.max(...turns.map(({ peakBytes }) => peakBytes));
}
