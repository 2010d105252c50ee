/**
 * A statement without its constants, comments and blanks, by a lexer of our own (15 µs, where a parse takes 250):
 * texts with the same skeleton have the same fingerprint, so that only one of them is parsed. Of text that does not parse
 * (truncated, of another major, no SQL at all) its hash is the fingerprint. Skeletons are never shown: without a parse
 * nobody can say for sure what is a literal.
 */

/** src/backend/parser/scan.l with standard_conforming_strings on. */
const TOKEN = [
  String.raw`(?<blank>\s+|--[^\n]*)`,
  String.raw`(?<comment>/\*)`,
  String.raw`(?<dollar>\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
  String.raw`(?<constant>e'(?:[^'\\]|''|\\[^])*'|(?:[bxn]|u&)?'(?:[^']|'')*'|(?:\d|\.\d)[\w.]*)`,
  "(?<open>'[^]*)",
  String.raw`(?<word>[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|\$\d+|"(?:[^"]|"")*(?:"|$)|[^])`,
].join('|');

/** In place of a constant, and of one that is not closed: never equal, as only the first can parse. */
const [CONSTANT, OPEN] = ['?', '?…'];

export function skeletonOf(text: string): string {
  const token = new RegExp(TOKEN, 'giy');
  const words: string[] = [];
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const { comment, dollar, constant, open, word } = match.groups!;
    if (comment) token.lastIndex = endOfComment(text, match.index);
    else if (dollar) token.lastIndex = endOfDollarQuote(text, match.index, dollar);
    if (word !== undefined) words.push(word[0] === '"' ? word : word.toLowerCase());
    else if (open !== undefined || token.lastIndex > text.length) words.push(OPEN);
    else if (constant !== undefined || dollar !== undefined) words.push(CONSTANT);
  }
  return words.join(' ');
}

/** 64 bits, signed, decimal. Lists of constants of any length count as one. */
export function hashSkeleton(skeleton: string): string {
  return hash64(skeleton.replace(/\?(?: , \?)+/g, '?')).toString();
}

/** Comments nest in SQL. Beyond the text's end where it is not closed. */
function endOfComment(text: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return text.length + 1;
}

function endOfDollarQuote(text: string, start: number, quote: string): number {
  const end = text.indexOf(quote, start + quote.length);
  return end < 0 ? text.length + 1 : end + quote.length;
}

/** Two FNV-1a hashes of 32 bits with different primes; nothing here needs to resist an attacker. */
function hash64(text: string): bigint {
  let [low, high] = [0x811c9dc5, 0x9747b28c];
  for (let at = 0; at < text.length; at++) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b);
  }
  return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}
