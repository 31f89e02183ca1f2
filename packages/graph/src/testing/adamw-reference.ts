import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../../../fixtures/reference/adamw/', import.meta.url);

/** The parts of `reference.json` that tests use. */
export interface Reference {
  readonly adamw: {
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly max_norm: number;
    readonly steps: number;
  };
  readonly ema: Readonly<
    Record<
      string,
      {
        readonly arguments: {
          readonly decay: number;
          readonly use_ema_warmup?: boolean;
          readonly inv_gamma?: number;
          readonly power?: number;
          readonly update_after_step?: number;
          readonly min_decay?: number;
        };
        readonly decay_used_at_step: readonly number[];
        readonly decay_at: Readonly<Record<string, number>>;
      }
    >
  >;
  readonly learning_rate_factors: Readonly<
    Record<
      string,
      {
        readonly arguments: {
          readonly num_warmup_steps?: number;
          readonly num_training_steps?: number;
          readonly num_cycles?: number;
          readonly power?: number;
        };
        readonly factors: readonly number[];
      }
    >
  >;
}

/** Reads the settings and schedules of the reference run in `fixtures/reference/adamw`. */
export function readReference(): Reference {
  return JSON.parse(readFileSync(new URL('reference.json', FOLDER), 'utf8')) as Reference;
}

export interface ReferenceTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Reads the tensors of one of its safetensors files by name: F32 and F64, as PyTorch wrote them. For tests
 * only: nothing is validated.
 */
export function readReferenceTensors(file: string): Record<string, ReferenceTensor> {
  const bytes = new Uint8Array(readFileSync(new URL(file, FOLDER)));
  const view = new DataView(bytes.buffer);
  const dataStart = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataStart))) as Record<
    string,
    { dtype: 'F32' | 'F64'; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(
    tensors.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        const data = bytes.slice(dataStart + start, dataStart + end).buffer;
        const values = dtype === 'F32' ? Float64Array.from(new Float32Array(data)) : new Float64Array(data);
        return [name, { shape, values }];
      },
    ),
  );
}
