/** Text of others, whose encoding nobody tells: UTF-8, and where it is none, one character a byte. */

const utf8 = new TextDecoder();
/** LATIN1, its relatives and WIN1252 as they are. Of others the characters are wrong, but different texts stay different. */
const oneByte = new TextDecoder('windows-1252');

/** A character that was cut at the end makes no other encoding of it: it becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  return !text.includes('\ufffd') || isCutUtf8(bytes) ? text : oneByte.decode(bytes);
}

function isCutUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
