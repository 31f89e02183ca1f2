import { readPicture, type Dataset } from '@rewardedit/data';
import { once } from 'es-toolkit/function';
import type { ComparedTriplet, JudgedTriplet } from '../judges/judge.ts';
import { createFileReader, type ReadFile } from '../files/read-file.ts';

/** Prepares a triplet of a dataset for a judge; each picture is decoded at most once, when it is first needed. */
export function judgedTriplet(
  dataset: Pick<Dataset, 'resolve'>,
  triplet: ComparedTriplet,
  readFile: ReadFile = createFileReader(),
): JudgedTriplet {
  const { faults: _faults, reward: _reward, ...known } = triplet;
  const read = async (fileName: string) => readPicture(dataset.resolve(fileName));
  const { truth, other } = triplet;
  return {
    triplet: known,
    path: (role) => dataset.resolve(triplet[role]!),
    readFile,
    original: once(() => read(triplet.original)),
    edited: once(() => read(triplet.edited)),
    ...(other !== undefined && { other: once(() => read(other)) }),
    truth: once(async () => (truth === undefined ? undefined : read(truth))),
  };
}
