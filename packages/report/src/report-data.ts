/** What the page of a report is given, as JSON inside of it; the page takes only the types from here. */
export interface ReportData {
  readonly title: string;
  readonly highestScore: number;
  /** What every item may have of every run. */
  readonly columns: readonly ReportColumn[];
  /** Names of those columns that are scores from one perspective. */
  readonly perspectives: readonly string[];
  /** What the runs are called; with several, the first is the base. */
  readonly runs: readonly string[];
  /** Addresses of pictures, each of them once; null for one that is not there to be shown. */
  readonly pictures: readonly (string | null)[];
  readonly items: readonly ReportItem[];
}

export interface ReportColumn {
  readonly name: string;
  readonly label: string;
  readonly digits: number;
}

/** One edit that was asked for, and what each run made of it. Pictures are numbers in the table of addresses. */
export interface ReportItem {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: string | undefined;
  readonly original: number;
  readonly truth?: number | undefined;
  /** In the order of the runs; null where a run has no such item. */
  readonly edits: readonly (ReportEdit | null)[];
}

export interface ReportEdit {
  readonly picture: number;
  /** In the order of the columns; null where there is none. */
  readonly values: readonly (number | null)[];
  /** What a judge or a person says failed, by perspective. */
  readonly feedback: Readonly<Record<string, string>>;
}
