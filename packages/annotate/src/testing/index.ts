export {
  batchEndpoints,
  type BatchEndpoints,
  type BatchEndpointsOptions,
  type Ending,
  type FakeBatch,
  type RowFault,
} from './batch-endpoints.ts';
export { FAULTS, MANNERS, type Fault } from './faults.ts';
export {
  startJudgeServer,
  type JudgeServer,
  type JudgeServerOptions,
  type LoggedCall,
  type OtherResponse,
} from './judge-server.ts';
export { startProxy, type ProxiedRequest, type TestProxy } from './proxy.ts';
export type { Question } from './question.ts';
