import type { Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { checkAdamW } from './adamw.ts';
import { checkAutoencoder } from './autoencoder.ts';
import { checkClipText } from './clip-text.ts';
import { checkClipTokenizer } from './clip-tokenizer.ts';
import type { Group } from './comparison.ts';
import type { ReferenceSet } from './reference-sets.ts';
import { checkPipeline } from './pipeline.ts';
import { checkRewardUNetByFormula } from './reward-unet-by-formula.ts';
import { checkSchedulers } from './schedulers.ts';
import { checkBim } from './smartedit/bim.ts';
import { checkConditioning } from './smartedit/conditioning.ts';
import { checkPipeline as checkSmartEditPipeline } from './smartedit/pipeline.ts';
import { checkQFormer } from './smartedit/qformer.ts';
import { checkStep } from './smartedit/step.ts';
import { checkUNet } from './unet.ts';

/** Compares a set with the results of a backend. */
export type Check = (set: ReferenceSet, backend: Backend, precision?: Precision) => Promise<Group[]>;

/** The check of each kind of set. Sets of other kinds are reported as skipped. */
export const CHECKS: Readonly<Record<string, Check>> = {
  unet: checkUNet,
  'reward-unet': checkUNet,
  'reward-unet-by-formula': checkRewardUNetByFormula,
  'clip-text': checkClipText,
  'clip-tokenizer': checkClipTokenizer,
  vae: checkAutoencoder,
  'autoencoder-tiny': checkAutoencoder,
  'ip2p-pipeline': checkPipeline,
  'reward-pipeline': checkPipeline,
  adamw: checkAdamW,
  schedulers: checkSchedulers,
  'smartedit-qformer': checkQFormer,
  'smartedit-bim': checkBim,
  'smartedit-conditioning': checkConditioning,
  'smartedit-step': checkStep,
  'smartedit-pipeline': checkSmartEditPipeline,
};

/** Kinds that are also checked in f16; the others compute in f32 in any case. */
export const IN_F16: ReadonlySet<string> = new Set(['unet', 'reward-unet']);
