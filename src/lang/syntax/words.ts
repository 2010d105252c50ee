/** Words with a fixed meaning to the parser. */

/** Always a builtin, never a macro or an identifier; every other builtin is found by the later passes. */
const BUILTINS: ReadonlySet<string> = new Set([
  'args',
  'ctx',
  'kstack',
  'nsecs',
  'pid',
  'tid',
  'ustack',
  '__builtin_cgroup',
  '__builtin_comm',
  '__builtin_cpid',
  '__builtin_cpu',
  '__builtin_curtask',
  '__builtin_dw_ustack',
  '__builtin_elapsed',
  '__builtin_func',
  '__builtin_gid',
  '__builtin_jiffies',
  '__builtin_ncpus',
  '__builtin_probe',
  '__builtin_rand',
  '__builtin_retval',
  '__builtin_uid',
  '__builtin_usermode',
  '__builtin_username',
]);

export function isBuiltinWord(word: string): boolean {
  return BUILTINS.has(word) || /^s?arg[0-9]+$/.test(word);
}
