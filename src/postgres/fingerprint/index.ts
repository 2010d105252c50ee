/** Query identity from the text: for clusters that compute no query id, and for showing queries without anyone's literals. */

export { Fingerprinter, type Statement, type StatementParser } from './fingerprinter.ts';
export { type ParsedStatement, Parser } from './parser.ts';
