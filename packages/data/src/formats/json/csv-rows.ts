import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { RewardEditError, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import { fileBeginning } from '../file-beginning.ts';
import { refuseRepeatedColumns } from '../rows/columns.ts';
import type { NumberedRow, ReadRows } from './row-files.ts';

/** Extensions of files with values separated by commas, semicolons or tabs. */
export const TABLES = ['.csv', '.tsv'] as const;

/** Longer rows are refused, so that a file of another kind cannot fill the memory. */
const LONGEST_ROW = 16 * 1024 * 1024;

/** How much of a file is searched for its first line. */
const LOOK_BYTES = 64 * 1024;

/** Spreadsheets write semicolons in countries whose decimal sign is the comma; tables that were copied have tabs. */
const DELIMITERS = [',', ';', '\t'];

/** The delimiter that occurs most often in the first line. */
function delimiterOf(beginning: Uint8Array): string {
  const [line] = Buffer.from(beginning).toString('latin1').replaceAll('\0', '').split('\n', 1);
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counted.reduce((most, one) => (one.count > most.count ? one : most)).delimiter;
}

/**
 * Reads the rows of a CSV or TSV file, whose first line names the columns. Every value is a text; an empty one counts as absent.
 * Throws 'bad-input' if the file is damaged, naming the line, or if two columns have the same name.
 */
export function csvRows(file: string): ReadRows {
  return async function* (names): AsyncGenerator<NumberedRow> {
    const beginning = await fileBeginning(file, LOOK_BYTES);
    // UTF-16 is read too: its byte order mark says so.
    refuseOtherContents(beginning, file, 'file');
    const rows = parse({
      bom: true,
      delimiter: delimiterOf(beginning),
      columns: (header: string[]) => {
        refuseRepeatedColumns(header, file);
        // So the columns are known even if there are no rows.
        for (const name of header) names.add(name);
        return header;
      },
      skip_empty_lines: true,
      info: true,
      max_record_size: LONGEST_ROW,
    });
    const bytes = createReadStream(file);
    // Iterating over the rows throws what fails here.
    pipeline(bytes, rows, () => undefined);
    let number = 0;
    try {
      for await (const { record, info } of rows as AsyncIterable<{
        record: Record<string, string>;
        info: { lines: number };
      }>) {
        number += 1;
        const cells = Object.entries(record).map(([name, value]) => [name, value === '' ? null : value]);
        yield { value: Object.fromEntries(cells), where: `${file}:${info.lines}`, number };
      }
    } catch (error) {
      if (error instanceof CsvError) {
        throw new RewardEditError('bad-input', `not a valid CSV file: ${error.message}`, {
          where: file,
          hint: 'the first line must name the columns, and every row must have a value for each',
          cause: error,
        });
      }
      throw fromSystemError(error, { doing: 'read the dataset', path: file });
    } finally {
      bytes.destroy();
      rows.destroy();
    }
  };
}
