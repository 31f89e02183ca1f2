export { openForeignModel, type ForeignModel } from './foreign-model.ts';
export {
  writeOnnxModels,
  type OnnxExport,
  type OnnxPort,
  type WrittenModel,
} from './export/write-onnx-models.ts';
export { installCudaProvider, type InstalledProvider } from './cuda/install-provider.ts';
export { createOnnxBackend, type OnnxBackendOptions } from './onnx-backend.ts';
export { availableProviders, parseProvider, PROVIDER_NAMES, type Provider } from './providers.ts';
