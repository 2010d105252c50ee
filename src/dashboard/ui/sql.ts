/** SQL with colours, at any length: long texts are cut into lines and only those in sight exist. */
import { type ComponentChild, h } from 'preact';
import { useRef, useState } from 'preact/hooks';

type Kind = 'keyword' | 'string' | 'number' | 'comment' | 'parameter' | 'name';

const KEYWORDS = new Set(
  `add all alter analyze and any as asc begin between both by call case cast check collate column commit conflict constraint copy create cross
   cursor database declare default delete desc distinct do drop else end except exists explain extension false fetch filter following for foreign
   from full function grant group grouping having if ilike in index inner insert intersect interval into is join key lateral leading left like limit
   lock materialized merge natural not null nulls of offset on only or order outer over partition preceding primary procedure range recursive
   references refresh release reset returning returns revoke right rollback row rows savepoint schema select sequence set share show similar skip
   some start symmetric table tablesample temp temporary then to trailing transaction trigger true truncate type union unique unlogged update using
   vacuum values verbose view when where window with within without work`.split(/\s+/),
);

/** src/backend/parser/scan.l, as far as colours need it. */
const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*(?:'|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\3\$|$))|("(?:[^"]|"")*(?:"|$))|(\$\d+)|(\b\d[\d.]*(?:e[+-]?\d+)?\b)|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)/gi;

interface Piece {
  readonly kind: Kind | undefined;
  readonly text: string;
}

export function piecesOf(sql: string): Piece[] {
  const pieces: Piece[] = [];
  let last = 0;
  for (const match of sql.matchAll(TOKEN)) {
    if (match.index > last) pieces.push({ kind: undefined, text: sql.slice(last, match.index) });
    pieces.push({ kind: kindOf(match), text: match[0] });
    last = match.index + match[0].length;
  }
  if (last < sql.length) pieces.push({ kind: undefined, text: sql.slice(last) });
  return pieces;
}

function kindOf([text, comment, string, , quoted, parameter, number]: RegExpMatchArray): Kind | undefined {
  if (comment !== undefined) return 'comment';
  if (string !== undefined) return 'string';
  if (quoted !== undefined) return 'name';
  if (parameter !== undefined) return 'parameter';
  if (number !== undefined) return 'number';
  return KEYWORDS.has(text.toLowerCase()) ? 'keyword' : undefined;
}

/** What a browser would swallow or obey is shown as the sign that stands for it. */
export const visible = (text: string): string =>
  text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '␡' : `⟨${code.toString(16)}⟩`;
  });

/** One line, for tables. */
export const oneLine = (sql: string, most = 300): string =>
  visible(sql.slice(0, 2 * most).replace(/\s+/g, ' ')).slice(0, most);

export function Colours({ sql }: { readonly sql: string }): ComponentChild {
  return piecesOf(sql).map(({ kind, text }, at) =>
    kind ? h('span', { key: at, class: `sql-${kind}` }, visible(text)) : visible(text),
  );
}

/** Longer texts are shown in lines of one height. */
const SHORT = 20_000;
const LINE_PX = 19;
const LINES = 24;
const LINE_CHARACTERS = 160;

export function Sql({ sql, truncated }: { readonly sql: string; readonly truncated: boolean }): ComponentChild {
  const end = truncated && h('p', { class: 'quiet' }, 'PostgreSQL cut this text at track_activity_query_size.');
  const body = sql.length <= SHORT ? h('pre', { class: 'sql', tabIndex: 0 }, h(Colours, { sql })) : h(LongSql, { sql });
  return h('div', {}, [body, end]);
}

function LongSql({ sql }: { readonly sql: string }): ComponentChild {
  const [first, setFirst] = useState(0);
  const cut = useRef<{ readonly sql: string; readonly lines: readonly string[] } | undefined>(undefined);
  if (cut.current?.sql !== sql) cut.current = { sql, lines: linesOf(sql) };
  const { lines } = cut.current;
  const shown = lines.slice(first, first + LINES * 2);
  return h('div', {}, [
    h(
      'p',
      { class: 'quiet' },
      `${sql.length.toLocaleString('en')} characters in ${lines.length.toLocaleString('en')} lines, long ones cut for the screen`,
    ),
    h(
      'div',
      {
        class: 'sql long',
        tabIndex: 0,
        role: 'region',
        'aria-label': 'query text',
        style: { height: `${LINES * LINE_PX}px` },
        onScroll: (event: Event) =>
          setFirst(
            Math.max(
              0,
              Math.floor((event.currentTarget as Element).scrollTop / heightOf(lines.length).line) - LINES / 2,
            ),
          ),
      },
      h(
        'div',
        { style: { height: `${heightOf(lines.length).all}px`, position: 'relative' } },
        h(
          'pre',
          { style: { position: 'absolute', top: `${first * heightOf(lines.length).line}px` } },
          h(Colours, { sql: shown.join('\n') }),
        ),
      ),
    ),
  ]);
}

/** Browsers end at about 17 million pixels. */
const MOST_PX = 10_000_000;
const heightOf = (lines: number): { all: number; line: number } => {
  const all = Math.min(MOST_PX, lines * LINE_PX);
  return { all, line: all / lines };
};

function linesOf(sql: string): string[] {
  const lines: string[] = [];
  for (const line of sql.split('\n')) {
    for (let at = 0; at === 0 || at < line.length; at += LINE_CHARACTERS)
      lines.push(line.slice(at, at + LINE_CHARACTERS));
  }
  return lines;
}
