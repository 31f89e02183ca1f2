import type { Emit } from './event-schema.ts';
import { createGpuReader, type GpuReading } from './gpu-reading.ts';

const BEAT_MILLISECONDS = 10_000;

/** Emits a heartbeat every ten seconds, with the resources used by the process. Returns a function to stop it. */
export function startHeart(emit: Emit): () => void {
  const readGpu = createGpuReader();
  let [at, used] = [performance.now(), process.cpuUsage()];
  // The reading started at the last beat, so that a beat does not wait for it.
  let gpu: GpuReading | undefined;
  const beat = () => {
    const [now, { user, system }] = [performance.now(), process.cpuUsage(used)];
    // CPU time in microseconds over wall time in milliseconds.
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
  // The timer does not keep the process alive.
  timer.unref();
  return () => clearInterval(timer);
}
