/** Signal numbers by name (asm-generic/signal.h). */

const NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS';

export const SIGNALS: readonly string[] = NAMES.split(' ').map((name) => `SIG${name}`);

/** `KILL` or `SIGKILL`. */
export function signalNumber(name: string): number | undefined {
  const index = SIGNALS.indexOf(name.startsWith('SIG') ? name : `SIG${name}`);
  return index < 0 ? undefined : index + 1;
}

const TEXTS = [
  'Unknown signal 0|Hangup|Interrupt|Quit|Illegal instruction|Trace/breakpoint trap|Aborted|Bus error|',
  'Floating point exception|Killed|User defined signal 1|Segmentation fault|User defined signal 2|',
  'Broken pipe|Alarm clock|Terminated|Stack fault|Child exited|Continued|Stopped (signal)|Stopped|',
  'Stopped (tty input)|Stopped (tty output)|Urgent I/O condition|CPU time limit exceeded|',
  'File size limit exceeded|Virtual timer expired|Profiling timer expired|Window changed|I/O possible|',
  'Power failure|Bad system call',
];

/** What strsignal(3) says of a signal, in glibc's words; by number. */
export function signalTexts(): readonly string[] {
  const named = TEXTS.join('').split('|');
  const realTime = Array.from({ length: 31 }, (_, i) => `Real-time signal ${i}`);
  return [...named, 'Unknown signal 32', 'Unknown signal 33', ...realTime];
}
