/** Times alternatives against each other in one run: rounds are interleaved, so that noise hits all of them alike. */

/** One thing to time: runs `operations` times and may be asynchronous. */
export interface Subject {
  readonly name: string;
  run(operations: number): void | Promise<void>;
}

/** What came out for one subject: nanoseconds of CPU time for one operation, and its ratio to the first subject. */
export interface Measured {
  readonly name: string;
  readonly nanosPerOperation: number;
  readonly ratio: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/**
 * Times subjects in interleaved rounds.
 *
 * @param subjects the first one is what the others are compared with
 * @param rounds how often each is timed
 * @param operations how many operations make one timing
 * @returns medians over the rounds; ratios are medians of the ratios within a round
 */
export async function measure(subjects: readonly Subject[], rounds: number, operations: number): Promise<Measured[]> {
  const nanos = subjects.map(() => [] as number[]);
  for (const subject of subjects) await subject.run(operations); // warm up
  for (let round = 0; round < rounds; round++) {
    const order = subjects.map((_subject, index) => (index + round) % subjects.length);
    for (const index of order) {
      const before = process.cpuUsage();
      await subjects[index]?.run(operations);
      const { user, system } = process.cpuUsage(before);
      nanos[index]?.push(((user + system) * 1000) / operations);
    }
  }
  return subjects.map(({ name }, index) => ({
    name,
    nanosPerOperation: median(nanos[index] ?? []),
    ratio: median((nanos[index] ?? []).map((value, round) => value / (nanos[0]?.[round] ?? 1))),
  }));
}

/** Prints measurements as a table. */
export function print(title: string, measured: readonly Measured[], goal: string): void {
  console.log(`\n${title} (goal: ${goal})`);
  for (const { name, nanosPerOperation, ratio } of measured) {
    console.log(
      `  ${name.padEnd(44)} ${nanosPerOperation.toFixed(0).padStart(8)} ns   ${ratio.toFixed(2).padStart(6)}x`,
    );
  }
}
