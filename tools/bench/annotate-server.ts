// A process of its own, so that the server's work does not count as the client's.
import { createRandom } from '@rewardedit/core';
import { FAULTS, startJudgeServer, type Fault } from '@rewardedit/annotate/testing';

export type ServerTask = { readonly latency: number; readonly faults: number };

export type ServerReport = {
  readonly calls: number;
  readonly mostAtOnce: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Seconds for which calls held their places, all together. */
  readonly slotSeconds: number;
};

process.once('message', ({ latency, faults }: ServerTask) => void serve(latency, faults));

async function serve(latency: number, share: number): Promise<void> {
  const random = createRandom(0, 'faults');
  const fault = (): Fault | undefined => (random.uniform() < share ? random.pick(FAULTS) : undefined);
  const server = await startJudgeServer({ latency, fault });
  process.on('message', () => {
    const counts: Record<string, number> = {};
    for (const call of server.calls)
      if (call.fault !== undefined) counts[call.fault] = (counts[call.fault] ?? 0) + 1;
    const report: ServerReport = {
      calls: server.calls.length,
      mostAtOnce: server.mostAtOnce,
      faults: counts,
      slotSeconds: server.slotSeconds,
    };
    process.send!(report);
  });
  process.send!({ url: server.url });
}
