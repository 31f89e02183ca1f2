/** The data embedded in the page of a report as JSON; the page imports only the types. */
export interface ReportData {
  readonly title: string;
  readonly highestScore: number;
  /** The values that an item may have in each run. */
  readonly columns: readonly ReportColumn[];
  /** Names of the columns that are scores from one perspective. */
  readonly perspectives: readonly string[];
  /** Names of the runs; with several, the first is the base. */
  readonly runs: readonly string[];
  /** Addresses of pictures, without duplicates; null for one that cannot be shown. */
  readonly pictures: readonly (string | null)[];
  readonly items: readonly ReportItem[];
}

export interface ReportColumn {
  readonly name: string;
  readonly label: string;
  readonly digits: number;
}

/** One item of the benchmark, with the edit of each run. Pictures are indices into the table of addresses. */
export interface ReportItem {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: string | undefined;
  readonly original: number;
  readonly truth?: number | undefined;
  /** In the order of the runs; null if a run does not have the item. */
  readonly edits: readonly (ReportEdit | null)[];
}

export interface ReportEdit {
  readonly picture: number;
  /** In the order of the columns; null if missing. */
  readonly values: readonly (number | null)[];
  /** Feedback of the judge or a person, by perspective. */
  readonly feedback: Readonly<Record<string, string>>;
}
