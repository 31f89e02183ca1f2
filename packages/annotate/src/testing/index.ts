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
