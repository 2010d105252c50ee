/** Signal numbers by name (asm-generic/signal.h). */

const NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS';

export const SIGNALS: readonly string[] = NAMES.split(' ').map((name) => `SIG${name}`);

/** `KILL` or `SIGKILL`. */
export function signalNumber(name: string): number | undefined {
  const index = SIGNALS.indexOf(name.startsWith('SIG') ? name : `SIG${name}`);
  return index < 0 ? undefined : index + 1;
}
