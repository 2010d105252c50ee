/** Text of strangers on a terminal: made harmless, measured in columns, cut to fit. */

/** Printable ASCII: by far most of what is shown, and one column a character. */
const PLAIN = /^[ -~]*$/;

/**
 * Characters that act on the terminal or deceive the eye: C0, DEL and C1 controls, line separators, zero-width and bidirectional
 * marks (Unicode UAX #9, UTS #39), tags, and halves of surrogate pairs. U+200D joins emoji: it stays.
 */
const HARMFUL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what we look for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;

/** Line breaks and tabs become a space, other controls their picture (`␛`), the rest `\uFFFD`. */
export function sanitize(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/\r\n|[\t\n\v\f\r]/g, ' ').replace(HARMFUL, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** Wide and Fullwidth of Unicode's EastAsianWidth.txt, in ranges that also cover the unassigned code points between. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x3fffd],
];
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
const NO_WIDTH = /^(?:\p{Mn}|\p{Me}|\u200d)/u;

let segmenter: Intl.Segmenter | undefined;

/** What a reader sees as one character: a base with its marks, a joined emoji, a flag. */
function* characters(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  const code = character.codePointAt(0)!;
  const wide = WIDE.some(([first, last]) => code >= first && code <= last) || EMOJI.test(character);
  return wide ? 2 : 1;
}

/** Columns that sanitised text takes. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let total = 0;
  for (const character of characters(text)) total += characterWidth(character);
  return total;
}

/** Sanitised text in exactly `columns` columns: cut with `…`, or padded on the side away from its alignment. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, columns);
  const padding = ' '.repeat(Math.max(0, columns - width(cut)));
  return align === 'left' ? cut + padding : padding + cut;
}

/** Sanitised text in at most `columns` columns. */
export function truncate(text: string, columns: number): string {
  if (PLAIN.test(text))
    return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}${columns > 0 ? '…' : ''}`;
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 1;
  for (const character of characters(text)) {
    used += characterWidth(character);
    if (used > columns) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : '';
}
