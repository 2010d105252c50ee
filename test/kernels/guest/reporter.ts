/** Test reporter: counts, and the names of what failed, as one line of JSON. */
import type { SuiteResult } from '../report.ts';

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly nesting?: number;
    readonly skip?: string | boolean;
    readonly details?: { readonly type?: string; readonly error?: { readonly cause?: unknown } };
  };
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let [passed, skipped] = [0, 0];
  const failures: string[] = [];
  for await (const { type, data } of events) {
    if (data.details?.type === 'suite') continue;
    if (type === 'test:fail') failures.push(`${data.name}: ${causeOf(data.details?.error?.cause)}`);
    else if (type !== 'test:pass') continue;
    else if (data.skip !== undefined && data.skip !== false) skipped++;
    else passed++;
  }
  yield JSON.stringify({ passed, skipped, failures } satisfies Omit<SuiteResult, 'name'>);
}

function causeOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
