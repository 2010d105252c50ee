/** Rows whose texts are cut at a length: thousands of statements are listed by their beginnings, and one has its whole text elsewhere. */
import type { RowsAnswer } from '../../api/index.ts';
import { numberOf, type Question } from '../question.ts';

const TEXTS = [
  'query',
  'inner_query',
  'waiter_query',
  'waiter_inner_query',
  'blocker_query',
  'blocker_inner_query',
] as const;
const ALL = 2 ** 30;

/** As the address asks for it: `texts=300`. */
export function withShortTexts<Row>(answer: RowsAnswer<Row>, question: Question): RowsAnswer<Row> {
  const most = numberOf(question, 'texts', ALL, ALL);
  if (answer.missing !== null || most === ALL) return answer;
  return { ...answer, rows: answer.rows.map((row) => shortened(row as Row & object, most)) };
}

function shortened<Row extends object>(row: Row, most: number): Row {
  const texts = row as Readonly<Record<string, unknown>>;
  const long = TEXTS.filter((name) => String(texts[name] ?? '').length > most);
  if (long.length === 0) return row;
  return { ...row, ...Object.fromEntries(long.map((name) => [name, String(texts[name]).slice(0, most)])) };
}
