import Agreement from './agreement.ts';
import Annotate from './annotate.ts';
import BackendInstall from './backend/install.ts';
import CardDataset from './card/dataset.ts';
import CardModel from './card/model.ts';
import Compare from './compare.ts';
import DataConvert from './data/convert.ts';
import DataFilter from './data/filter.ts';
import DataInspect from './data/inspect.ts';
import DataJoin from './data/join.ts';
import DataMerge from './data/merge.ts';
import DataPhotoEdits from './data/photo-edits.ts';
import DataReport from './data/report.ts';
import DataScenes from './data/scenes.ts';
import DataSplit from './data/split.ts';
import DataStates from './data/states.ts';
import DataStats from './data/stats.ts';
import Demo from './demo.ts';
import Doctor from './doctor.ts';
import Edit from './edit.ts';
import Eval from './eval.ts';
import ExitCodes from './exit-codes.ts';
import JudgeCalibrate from './judge/calibrate.ts';
import JudgeEdit from './judge/edit.ts';
import JudgeList from './judge/list.ts';
import JudgeTest from './judge/test.ts';
import ModelConvert from './model/convert.ts';
import ModelExport from './model/export.ts';
import ModelInspect from './model/inspect.ts';
import ModelMergeLora from './model/merge-lora.ts';
import Review from './review.ts';
import Session from './session.ts';
import Settings from './settings.ts';
import Train from './train.ts';
import Watch from './watch.ts';
import Worker from './worker.ts';

/** Every command, by its id. */
export const commands = {
  agreement: Agreement,
  annotate: Annotate,
  'backend:install': BackendInstall,
  'card:dataset': CardDataset,
  'card:model': CardModel,
  compare: Compare,
  'data:convert': DataConvert,
  'data:filter': DataFilter,
  'data:inspect': DataInspect,
  'data:join': DataJoin,
  'data:merge': DataMerge,
  'data:photo-edits': DataPhotoEdits,
  'data:report': DataReport,
  'data:scenes': DataScenes,
  'data:split': DataSplit,
  'data:states': DataStates,
  'data:stats': DataStats,
  demo: Demo,
  doctor: Doctor,
  edit: Edit,
  eval: Eval,
  'exit-codes': ExitCodes,
  'judge:calibrate': JudgeCalibrate,
  'judge:edit': JudgeEdit,
  'judge:list': JudgeList,
  'judge:test': JudgeTest,
  'model:convert': ModelConvert,
  'model:export': ModelExport,
  'model:inspect': ModelInspect,
  'model:merge-lora': ModelMergeLora,
  review: Review,
  session: Session,
  settings: Settings,
  train: Train,
  watch: Watch,
  worker: Worker,
};
