/** Creates compute pipelines, cached by code. */
export interface Pipelines {
  get(wgsl: string, label: string): Promise<GPUComputePipeline>;
}

export function createPipelines(device: GPUDevice): Pipelines {
  const made = new Map<string, Promise<GPUComputePipeline>>();
  return {
    get: (wgsl, label) => {
      const known = made.get(wgsl);
      if (known) return known;
      const module = device.createShaderModule({ code: wgsl, label });
      const pipeline = device.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module, entryPoint: 'main' },
      });
      made.set(wgsl, pipeline);
      return pipeline;
    },
  };
}
