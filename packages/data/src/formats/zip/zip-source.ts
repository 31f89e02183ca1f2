import { RewardEditError } from '@rewardedit/core';
import type { ReadBytes, SourceRow, TripletSource } from '../rows/source-triplet.ts';
import type { UnpackedZip } from './unpack-zip.ts';

/** Names of zip archives. */
export const ZIP = /\.zip$/i;

/** Wraps the dataset in an archive so that messages name the archive, not the folder that it was unpacked to. */
export function zipSource(
  source: TripletSource,
  { folder, path, close }: UnpackedZip,
  archive: string,
): TripletSource {
  const named = (text: string) => text.replaceAll(folder, archive);
  const renamed = (error: unknown) => {
    if (!(error instanceof RewardEditError)) return error;
    const { code, message, where, hint, cause } = error;
    return new RewardEditError(code, named(message), {
      where: where === undefined ? undefined : named(where),
      hint: hint === undefined ? undefined : named(hint),
      cause,
    });
  };
  const picture =
    (read: ReadBytes): ReadBytes =>
    async () => {
      try {
        return await read();
      } catch (error) {
        throw renamed(error);
      }
    };
  const namedRow = (row: SourceRow): SourceRow => {
    const where = named(row.where);
    if ('unusable' in row) return { ...row, where, unusable: named(row.unusable) };
    const { original, edited, truth } = row.pictures;
    const pictures = {
      original: picture(original),
      edited: picture(edited),
      ...(truth !== undefined && { truth: picture(truth) }),
    };
    return { ...row, where, pictures };
  };
  return {
    format: source.format,
    async *rows() {
      try {
        for await (const row of source.rows()) yield namedRow(row);
      } catch (error) {
        throw renamed(error);
      }
    },
    notes: () => source.notes().map(named),
    explain: () => ['unpacked from a zip archive', ...(source.explain?.() ?? [])].map(named),
    unpackedTo: path,
    close,
  };
}
