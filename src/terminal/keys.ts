/** Bytes that a terminal sends for keys, as names. */

const SEQUENCES: Readonly<Record<string, string>> = {
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\x1bOA': 'up',
  '\x1bOB': 'down',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
  '\x1b[H': 'home',
  '\x1b[F': 'end',
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[3~': 'delete',
  '\x1b': 'escape',
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x03': 'ctrl-c',
  '\x0c': 'ctrl-l',
  '\x15': 'ctrl-u',
  '\x1a': 'ctrl-z',
};

/** Escape sequences whole (ECMA-48 CSI, and SS3 with one letter), everything else by the character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters
const TOKEN = /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[ -~]|./gsu;

/** Names of the keys in what one read returned; a printable character is its own name, unknown sequences are left out. */
export function decodeKeys(input: string): string[] {
  return (input.match(TOKEN) ?? []).flatMap((token) => {
    if (Object.hasOwn(SEQUENCES, token)) return [SEQUENCES[token]!];
    return token < ' ' || token.startsWith('\x1b') ? [] : [token];
  });
}
