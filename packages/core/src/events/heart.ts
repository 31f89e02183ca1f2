import type { Emit } from './event-schema.ts';
import { createGpuReader, type GpuReading } from './gpu-reading.ts';

const BEAT_MILLISECONDS = 10_000;

/** Gives a sign of life every ten seconds, with what the process takes. Gives the function that ends it. */
export function startHeart(emit: Emit): () => void {
  const readGpu = createGpuReader();
  let [at, used] = [performance.now(), process.cpuUsage()];
  // What was read at the last beat: nobody waits for it.
  let gpu: GpuReading | undefined;
  const beat = () => {
    const [now, { user, system }] = [performance.now(), process.cpuUsage(used)];
    // Microseconds of processor time for each one that went by.
    const processors = (user + system) / (1000 * (now - at));
    [at, used] = [now, process.cpuUsage()];
    void readGpu().then((reading) => (gpu = reading));
    emit({
      type: 'heartbeat',
      resident: process.memoryUsage.rss(),
      processors: Number(processors.toFixed(2)),
      ...(gpu !== undefined && { gpu }),
    });
  };
  const timer = setInterval(beat, BEAT_MILLISECONDS);
  // A run keeps no process alive.
  timer.unref();
  return () => clearInterval(timer);
}
