import type { DType, TensorData } from '@rewardedit/graph';
import type { InferenceSession } from 'onnxruntime-node';
import type { ForeignInput } from './foreign-session.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import type { HostPlan } from './host-tail/host-plan.ts';

/** A program as the worker carries it out. */
export interface Plan {
  /** The ONNX model, or undefined where nothing is left for ONNX Runtime to do. */
  readonly model: Uint8Array<ArrayBuffer> | undefined;
  /** Program inputs and state entries that the model takes, and as which of its values: more than one where it takes several shapes. */
  readonly inputs: Readonly<Record<string, readonly OnnxValue[]>>;
  readonly state: Readonly<Record<string, readonly OnnxValue[]>>;
  /** State entries that the model takes in as constants. */
  readonly frozen: Readonly<Record<string, string>>;
  /** Which value of the model each output is, and each new value of a state entry, that the model computes. */
  readonly outputs: Readonly<Record<string, OnnxValue>>;
  readonly updates: Readonly<Record<string, OnnxValue>>;
  /** The host's part, and which value of the model each result is that it reads. */
  readonly host: HostPlan;
  readonly results: Readonly<Record<string, OnnxValue>>;
}

/**
 * What the worker can be asked, and what it answers. States and executables go by numbers that the asking
 * side gives out.
 */
export interface Calls {
  readonly createState: {
    request: { state: number; entries: Record<string, { length: number; dtype: DType }> };
    reply: null;
  };
  readonly readState: { request: { state: number; name: string }; reply: TensorData };
  readonly writeState: { request: { state: number; name: string; values: TensorData }; reply: null };
  readonly releaseState: { request: { state: number; names: readonly string[] }; reply: null };
  readonly disposeState: { request: { state: number }; reply: null };
  readonly compile: {
    request: {
      executable: number;
      plan: Plan;
      /** Where the program's state entries lie, by the names that the plan has for them. */
      entries: Readonly<Record<string, { readonly state: number; readonly name: string }>>;
      options: InferenceSession.SessionOptions;
    };
    reply: null;
  };
  readonly run: {
    request: { executable: number; inputs: Record<string, TensorData> };
    reply: Record<string, TensorData>;
  };
  /** A thread holds one model of another's making at most. */
  readonly openForeign: {
    request: { path: string; options: InferenceSession.SessionOptions };
    reply: null;
  };
  readonly runForeign: {
    request: { inputs: Readonly<Record<string, ForeignInput>> };
    reply: Record<string, TensorData>;
  };
  readonly disposeExecutable: { request: { executable: number }; reply: null };
}

export type CallName = keyof Calls;

export type Request<Name extends CallName = CallName> = {
  [Each in Name]: { readonly id: number; readonly name: Each; readonly request: Calls[Each]['request'] };
}[Name];

export type Reply =
  | { readonly id: number; readonly result: Calls[CallName]['reply'] }
  | { readonly id: number; readonly failure: string };
