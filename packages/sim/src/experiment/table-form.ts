// The form of an experiment's table, before anything is known of what is in it.

/** Null: there is no such value (no transaction was committed, say). */
export type Cell = string | number | null;

export interface Table {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}
