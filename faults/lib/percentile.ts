// Figures for reports.

export function percentile(valuesMs: readonly number[]): string {
  if (valuesMs.length === 0) return "no value";
  const sorted = valuesMs.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return `p50 ${seconds(at(0.5))}, p99 ${seconds(at(0.99))}, most ${seconds(at(1))} over ${sorted.length}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
