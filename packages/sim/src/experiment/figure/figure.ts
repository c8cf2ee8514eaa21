// Figures as data: what is drawn, without how. SVG and pgfplots writers read them.

export interface FigureAxis {
  /** With its unit in brackets. */
  readonly label: string;
  readonly isLogarithmic?: boolean;
  readonly min?: number;
  readonly max?: number;
}

export interface FigurePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the interval around y, if it has one. */
  readonly low?: number;
  readonly high?: number;
}

export interface FigureSeries {
  readonly name: string;
  readonly points: readonly FigurePoint[];
}

/** A stretch of the x axis that is shaded: while a fault acted. */
export interface FigureBand {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

interface FigureHead {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly title: string;
}

export interface LineFigure extends FigureHead {
  readonly type: "lines";
  readonly x: FigureAxis;
  readonly y: FigureAxis;
  readonly series: readonly FigureSeries[];
  readonly bands?: readonly FigureBand[];
  /** Drawn without symbols: too many points. */
  readonly isDense?: boolean;
}

/** Groups of bars: one group a category, one bar a series; null: nothing was measured (no commit, say); undefined: not run. */
export interface BarFigure extends FigureHead {
  readonly type: "bars";
  readonly y: FigureAxis;
  readonly categories: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null | undefined)[] }[];
}

/** Values from 0 to 1 over two counts; each cell also says its value in words. */
export interface HeatFigure extends FigureHead {
  readonly type: "heat";
  readonly x: { readonly label: string; readonly values: readonly number[] };
  readonly y: { readonly label: string; readonly values: readonly number[] };
  readonly cells: readonly { readonly x: number; readonly y: number; readonly value: number; readonly text: string }[];
}

export type Figure = LineFigure | BarFigure | HeatFigure;
