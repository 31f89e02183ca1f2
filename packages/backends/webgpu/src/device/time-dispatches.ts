/** A dispatch that is ready to run. */
export interface TimedDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** The maximum size of a WebGPU query set. */
const MOST_QUERIES = 4096;
const [QUERY_RESOLVE, COPY_SOURCE, COPY_TARGET, MAP_READ_USAGE, MAP_READ_MODE] = [0x200, 0x4, 0x8, 0x1, 0x1];

/**
 * Runs dispatches one after another and measures the seconds of each, by timestamp queries, or if the device
 * has none by the host's clock, which includes the round trip.
 */
export async function timeDispatches(
  device: GPUDevice,
  dispatches: readonly TimedDispatch[],
): Promise<{ seconds: number[]; clock: 'device' | 'host' }> {
  if (!device.features.has('timestamp-query'))
    return { seconds: await byHost(device, dispatches), clock: 'host' };
  const seconds: number[] = [];
  for (let start = 0; start < dispatches.length; start += MOST_QUERIES / 2)
    seconds.push(...(await byDevice(device, dispatches.slice(start, start + MOST_QUERIES / 2))));
  return { seconds, clock: 'device' };
}

async function byDevice(device: GPUDevice, dispatches: readonly TimedDispatch[]): Promise<number[]> {
  const count = 2 * dispatches.length;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const size = 8 * count;
  const resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SOURCE });
  const read = device.createBuffer({ size, usage: COPY_TARGET | MAP_READ_USAGE });
  const encoder = device.createCommandEncoder();
  dispatches.forEach(({ pipeline, bindGroup, workgroups }, i) => {
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
    });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
    pass.end();
  });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(MAP_READ_MODE);
  const nanoseconds = new BigUint64Array(read.getMappedRange().slice(0));
  for (const each of [querySet, resolved, read]) each.destroy();
  return dispatches.map((_, i) => Math.max(0, Number(nanoseconds[2 * i + 1] - nanoseconds[2 * i])) / 1e9);
}

async function byHost(device: GPUDevice, dispatches: readonly TimedDispatch[]): Promise<number[]> {
  const seconds: number[] = [];
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}
