export {
  FAULTS,
  startJudgeServer,
  type Fault,
  type JudgeServer,
  type JudgeServerOptions,
} from './judge-server.ts';
