// What a benchmark suite is, and how readings are taken. A suite compares outputs before it times anything, measures
// its subject and its peers in one process in turn, and gives medians: ratios then hold on a noisy machine too.

export interface Suite {
  /** Its key in the JSON document. */
  readonly name: string;
  /** Measures; `log` takes the lines for people, which never go to standard output with `--json`. */
  run(log: (line: string) => void): Promise<Record<string, unknown>>;
}

export interface Contestant {
  readonly name: string;
  /** How many times it runs in each round; under one, it runs only in every so-manieth round. */
  readonly runsPerRound: number;
  run(): void;
}

/**
 * Runs the contestants in turn, round by round, and gives each one's median in milliseconds. On a busy machine it stops
 * after `budgetSeconds`, but not before three rounds.
 */
export function medianMilliseconds(
  contestants: readonly Contestant[],
  rounds: number,
  budgetSeconds: number,
): Map<string, number> {
  const readings = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  const begin = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= 3 && performance.now() - begin > budgetSeconds * 1_000) break;
    for (const { name, runsPerRound, run } of contestants) {
      if (runsPerRound < 1 && round % Math.round(1 / runsPerRound) !== 0) continue;
      for (let count = 0; count < Math.max(1, runsPerRound); count++) {
        const start = performance.now();
        run();
        readings.get(name)?.push(performance.now() - start);
      }
    }
  }
  return new Map(Array.from(readings, ([name, times]) => [name, median(times)]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A figure with as many digits as it deserves. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}

/** Rows as a plain-text table, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
