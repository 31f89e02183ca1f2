import type { GpuResult } from './gpu/gpu-result.ts';

/** The cost of one turn. */
export interface Turn {
  readonly seconds: number;
  /** The peak memory of the process so far. */
  readonly peakBytes: number;
}

export type Contestant = () => Promise<Turn>;

/** A measurement, alone or alternating with a peer. */
export interface Race {
  readonly name: string;
  /** Seconds until the first turn can start: loading weights and compiling, where measured. */
  readonly readySeconds?: number;
  readonly ours: Contestant;
  readonly peer?: Contestant;
  readonly peerName?: string;
  /** Profiles our side, on backends that support it. */
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
  /** Our median divided by the peer's: below 1 is faster. */
  readonly ratio?: number;
  readonly profile?: GpuResult;
}

/** The peak memory of this process, in bytes. */
export function residentBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/**
 * Alternates both sides, after warm-up turns, and returns medians, so that disturbances of the machine affect
 * both sides.
 */
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
