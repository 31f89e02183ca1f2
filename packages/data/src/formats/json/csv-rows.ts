import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { RewardEditError, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import { fileBeginning } from '../file-beginning.ts';
import type { Numbered } from './json-source.ts';

/** How the names of such files end. */
export const TABLES = ['.csv', '.tsv'] as const;

/** A longer row is refused, so that a file of another kind cannot fill the memory. */
const LONGEST_ROW = 16 * 1024 * 1024;

/** So much of a file is looked at for its first line. */
const LOOK_BYTES = 64 * 1024;

/** What stands between values: where spreadsheets use the comma in numbers, they write semicolons; and tables are copied with tabs. */
const DELIMITERS = [',', ';', '\t'];

/** The one that the first line has most of. */
function delimiterOf(beginning: Uint8Array): string {
  const [line] = Buffer.from(beginning).toString('latin1').replaceAll('\0', '').split('\n', 1);
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counted.reduce((most, one) => (one.count > most.count ? one : most)).delimiter;
}

/**
 * The rows of a file of comma-separated values, or of such with semicolons or tabs, whose first line names the columns. Every value is a text; an empty one counts as absent.
 * Throws 'bad-input' where the file is damaged, naming the line.
 */
export function csvRows(file: string) {
  return async function* (): AsyncGenerator<Numbered> {
    const beginning = await fileBeginning(file, LOOK_BYTES);
    // A text in UTF-16 is told by its mark, and read.
    refuseOtherContents(beginning, file, 'file');
    const rows = parse({
      bom: true,
      delimiter: delimiterOf(beginning),
      columns: true,
      skip_empty_lines: true,
      info: true,
      max_record_size: LONGEST_ROW,
    });
    const bytes = createReadStream(file);
    // What fails is told by the rows.
    pipeline(bytes, rows, () => undefined);
    let number = 0;
    try {
      for await (const { record, info } of rows as AsyncIterable<{
        record: Record<string, string>;
        info: { lines: number };
      }>) {
        number += 1;
        // The columns are known even where every value is empty.
        const cells = Object.entries(record).map(([name, value]) => [name, value === '' ? null : value]);
        yield { value: Object.fromEntries(cells), where: `${file}:${info.lines}`, number };
      }
    } catch (error) {
      if (error instanceof CsvError) {
        throw new RewardEditError(
          'bad-input',
          `this is no file of comma-separated values: ${error.message}`,
          {
            where: file,
            hint: 'the first line has to name the columns, and every row has to have a value for each',
            cause: error,
          },
        );
      }
      throw fromSystemError(error, { doing: 'read the dataset', path: file });
    } finally {
      bytes.destroy();
      rows.destroy();
    }
  };
}
