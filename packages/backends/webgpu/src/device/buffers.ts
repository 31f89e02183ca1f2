/// <reference types="@webgpu/types" />

/** The values of GPUBufferUsage and GPUMapMode, which are not globals in Node. */
export const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80 } as const;
export const MAP_READ = 0x1;

/** Buffer sizes are multiples of this, so that shaders may bind any tensor as vectors of four. */
const GRANULE = 16;

export function alignedBytes(bytes: number): number {
  return Math.max(GRANULE, Math.ceil(bytes / GRANULE) * GRANULE);
}

export function storageBuffer(device: GPUDevice, bytes: number, label: string): GPUBuffer {
  return device.createBuffer({
    label,
    size: alignedBytes(bytes),
    usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
  });
}

/** Copies the first bytes of a buffer to the host. */
export async function readBuffer(device: GPUDevice, source: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  const size = alignedBytes(bytes);
  const target = device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, target, 0, size);
  device.queue.submit([encoder.finish()]);
  await target.mapAsync(MAP_READ, 0, size);
  const data = target.getMappedRange(0, size).slice(0, bytes);
  target.destroy();
  return data;
}
