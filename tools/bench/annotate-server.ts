// A separate process, so that the server's work does not count as the client's.
import { createRandom } from '@rewardedit/core';
import { FAULTS, startJudgeServer, type Fault } from '@rewardedit/annotate/testing';

export type ServerTask = { readonly latency: number; readonly faults: number };

export type ServerReport = {
  readonly calls: number;
  readonly mostAtOnce: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Total seconds of all calls in their slots; and the seconds per triplet, in the order of first calls. */
  readonly slotSeconds: number;
  readonly tripletSeconds: readonly number[];
};

process.once('message', ({ latency, faults }: ServerTask) => void serve(latency, faults));

async function serve(latency: number, share: number): Promise<void> {
  const random = createRandom(0, 'faults');
  const fault = (): Fault | undefined => (random.uniform() < share ? random.pick(FAULTS) : undefined);
  const server = await startJudgeServer({ latency, fault });
  process.on('message', () => {
    const counts: Record<string, number> = {};
    const ofTriplet = new Map<string, number>();
    for (const { fault, topic, seconds = 0 } of server.calls) {
      if (fault !== undefined) counts[fault] = (counts[fault] ?? 0) + 1;
      ofTriplet.set(topic, (ofTriplet.get(topic) ?? 0) + seconds);
    }
    const report: ServerReport = {
      calls: server.calls.length,
      mostAtOnce: server.mostAtOnce,
      faults: counts,
      slotSeconds: server.slotSeconds,
      tripletSeconds: [...ofTriplet.values()],
    };
    process.send!(report);
  });
  process.send!({ url: server.url });
}
