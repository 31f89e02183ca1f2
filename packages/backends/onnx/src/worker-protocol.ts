import type { DType, TensorData } from '@rewardedit/graph';
import type { InferenceSession } from 'onnxruntime-node';
import type { ForeignInput } from './foreign-session.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import type { HostPlan } from './host-tail/host-plan.ts';

/** A program as the worker runs it. */
export interface Plan {
  /** The ONNX model, or undefined if the host computes everything. */
  readonly model: Uint8Array<ArrayBuffer> | undefined;
  /** Program inputs and state entries that the model reads, each with one value per shape. */
  readonly inputs: Readonly<Record<string, readonly OnnxValue[]>>;
  readonly state: Readonly<Record<string, readonly OnnxValue[]>>;
  /** State entries that are constants of the model. */
  readonly frozen: Readonly<Record<string, string>>;
  /** The model's value for each output, and for each new value of a state entry that the model computes. */
  readonly outputs: Readonly<Record<string, OnnxValue>>;
  readonly updates: Readonly<Record<string, OnnxValue>>;
  /** The host's part, and the model's value of each result that it reads. */
  readonly host: HostPlan;
  readonly results: Readonly<Record<string, OnnxValue>>;
}

/** Requests to the worker and their replies. The main thread numbers states and executables. */
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
      /** The state and name of each state entry, by the names in the plan. */
      entries: Readonly<Record<string, { readonly state: number; readonly name: string }>>;
      options: InferenceSession.SessionOptions;
    };
    reply: null;
  };
  readonly run: {
    request: { executable: number; inputs: Record<string, TensorData> };
    reply: Record<string, TensorData>;
  };
  /** A thread opens at most one model from another exporter. */
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
