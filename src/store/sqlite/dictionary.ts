/** What is written once and referred to by number or fingerprint: series, layouts of blocks, query texts. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Generations } from '../../base/generations.ts';
import { KIND_NAMES, KINDS, type KindName, textsAt } from '../kinds.ts';
import type { QueryText, Series } from '../store.ts';
import { layoutOf, type ParsedLayout, parseLayout } from './database.ts';

const DAY_MS = 86_400_000;
/** Names kept in memory, of each kind twice as many at most: statements come and go for as long as the agent runs. */
const MOST_KNOWN = 10_000;

type TextRow = { readonly fingerprint: string; readonly text: string; readonly truncated: number };
type SeriesRow = { readonly kind: KindName; readonly parts: string };

interface Known {
  readonly id: number;
  readonly lastMs: number;
}

export class Dictionary {
  readonly #database: DatabaseSync;
  /** By kind and parts; the day of the last use that the file knows. */
  readonly #ids = new Generations<string, Known>(MOST_KNOWN);
  /** The same of series that come as the same object again. */
  #idsByObject = new WeakMap<Series, Known>();
  readonly #series = new Generations<number, Series>(MOST_KNOWN);
  readonly #layouts = new Map<number, ParsedLayout>();
  readonly #written: Partial<Record<KindName, number>> = {};
  readonly #texts = new Generations<string, boolean>(MOST_KNOWN);
  readonly #insertText: StatementSync;
  readonly #selectSeries: StatementSync;
  readonly #selectTexts: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#selectSeries = database.prepare('SELECT kind, parts FROM series WHERE id = ?');
    // In one go: thousands are asked for at once.
    this.#selectTexts = database.prepare(
      'SELECT fingerprint, text, truncated FROM texts WHERE fingerprint IN (SELECT value FROM json_each(?))',
    );
    this.#insertText = database.prepare(
      'INSERT INTO texts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text, truncated = 0 WHERE truncated AND NOT excluded.truncated',
    );
  }

  /** The number of a series, given one at first use. */
  idOf(kind: KindName, series: Series, nowMs: number): number {
    const again = this.#idsByObject.get(series);
    if (again && nowMs - again.lastMs < DAY_MS) return again.id;
    const found = this.#find(kind, series, nowMs);
    this.#idsByObject.set(series, found);
    return found.id;
  }

  #find(kind: KindName, series: Series, nowMs: number): Known {
    const parts = JSON.stringify(series);
    const key = `${kind} ${parts}`;
    const known = this.#ids.get(key);
    if (known && nowMs - known.lastMs < DAY_MS) return known;
    const row = this.#database
      .prepare(
        'INSERT INTO series (kind, parts, last_ms) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_ms = max(last_ms, excluded.last_ms) RETURNING id',
      )
      .get(kind, parts, nowMs) as { id: number };
    const found = { id: row.id, lastMs: nowMs };
    this.#ids.set(key, found);
    return found;
  }

  seriesOf(id: number): Series {
    const known = this.#series.get(id);
    if (known) return known;
    const row = this.#selectSeries.get(id) as SeriesRow;
    // What was written before a kind had its last parts does not have them.
    const parts = JSON.parse(row.parts) as Series;
    const series = KINDS[row.kind].identity.map((_, at) => parts[at] ?? null);
    this.#series.set(id, series);
    return series;
  }

  /** The layout that blocks of a kind are written in. */
  layoutFor(kind: KindName): number {
    const known = this.#written[kind];
    if (known !== undefined) return known;
    const { description } = layoutOf(kind);
    const row = this.#database
      .prepare(
        'INSERT INTO layouts (description) VALUES (?) ON CONFLICT DO UPDATE SET description = description RETURNING id',
      )
      .get(description) as { id: number };
    this.#written[kind] = row.id;
    return row.id;
  }

  /** A layout by its number: of this Pebble or of one before it. */
  layoutAt(id: number): ParsedLayout {
    const known = this.#layouts.get(id);
    if (known) return known;
    const row = this.#database.prepare('SELECT description FROM layouts WHERE id = ?').get(id) as {
      description: string;
    };
    const parsed = parseLayout(row.description);
    this.#layouts.set(id, parsed);
    return parsed;
  }

  /** A whole text replaces one that was cut. */
  addTexts(texts: ReadonlyMap<string, QueryText>): void {
    for (const [fingerprint, { text, truncated }] of texts) {
      const isKnown = this.#texts.get(fingerprint);
      if (isKnown === false || isKnown === truncated) continue;
      this.#insertText.run(fingerprint, text, Number(truncated));
      this.#texts.set(fingerprint, truncated);
    }
  }

  texts(fingerprints: Iterable<string>): Map<string, QueryText> {
    const rows = this.#selectTexts.iterate(JSON.stringify([...fingerprints])) as Iterable<TextRow>;
    const found = new Map<string, QueryText>();
    for (const { fingerprint, text, truncated } of rows) found.set(fingerprint, { text, truncated: truncated !== 0 });
    return found;
  }

  /** Series that nothing refers to any more, and texts that no series names. */
  forgetBefore(ms: number): void {
    const { changes } = this.#database.prepare('DELETE FROM series WHERE last_ms < ?').run(ms);
    if (changes === 0) return;
    const named = KIND_NAMES.flatMap((kind) =>
      textsAt(kind).map((at) => {
        const part = `parts ->> '$[${at}]'`;
        return `SELECT ${part} FROM series WHERE kind = '${kind}' AND ${part} IS NOT NULL`;
      }),
    );
    this.#database.exec(`DELETE FROM texts WHERE fingerprint NOT IN (${named.join(' UNION ')})`);
    this.forgetAll();
  }

  /** After a transaction that was rolled back: what it had introduced is not there. */
  forgetAll(): void {
    this.#ids.clear();
    this.#idsByObject = new WeakMap();
    this.#series.clear();
    this.#layouts.clear();
    this.#texts.clear();
    for (const kind of KIND_NAMES) delete this.#written[kind];
  }
}
