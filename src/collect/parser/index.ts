/** What identifies statements for all collectors of this process. */
import { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import { ParserThread } from './parser-thread.ts';

let shared: Fingerprinter | undefined;

/** One for all: they meet the same statements. */
export function sharedFingerprinter(): Fingerprinter {
  shared ??= new Fingerprinter(new ParserThread());
  return shared;
}
