export {
  batchEndpoints,
  type BatchEndpoints,
  type BatchEndpointsOptions,
  type Ending,
  type FakeBatch,
  type RowFault,
} from './batch-endpoints.ts';
export {
  FAULTS,
  startJudgeServer,
  type Fault,
  type JudgeServer,
  type JudgeServerOptions,
  type LoggedCall,
  type OtherResponse,
  type Question,
} from './judge-server.ts';
export { startProxy, type ProxiedRequest, type TestProxy } from './proxy.ts';
