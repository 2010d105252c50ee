/** The texts of the library, by file. Generated from the .bt files beside it by scripts/generate/stdlib.ts. */
export const TEXTS: Readonly<Record<string, string>> = {
  'base.bt': `// Ends the script with status 1, and the message, unless the condition holds.
// Example: assert(retval == 0, "the call failed");
macro assert(condition, msg)
{
  if (!(condition)) {
    errorf("assert failed: %s", msg);
    exit(1);
  }
}

// Whether a kernel pointer holds an error number (ERR_PTR).
macro is_err(pointer) { (int64)pointer < 0 && (int64)pointer >= -4095 }

// Whether -c started a child: cpid is its process id.
macro has_cpid() { cpid != 0 }

// The value under the key, in a variable; false, and the variable as it was, when there is none.
macro find(@map, key, $variable) {
  let $entry = get(@map, key);
  if ($entry != 0) { $variable = *$entry; true } else { false }
}

// True once in n times, by chance: a probe that fires often is sampled with /one_in(100)/. Counts are then n times too small.
macro one_in(n) { rand % n == 0 }

// Refuses to compile with the message unless the condition, known when compiling, holds.
macro static_assert(condition, msg) { if comptime (!(condition)) { fail(msg); } }
`,
  'process.bt': `// Relatives of a task; the current one where none is given.

// Process id of the parent.
macro ppid(task) { task.real_parent.pid }
macro ppid() { ppid(curtask) }

// Name of the parent.
macro pcomm(task) { task.real_parent.comm }
macro pcomm() { pcomm(curtask) }

// Thread id of the leader of the task's thread group: the process id.
macro leader_tid(task) { task.group_leader.pid }
macro leader_tid() { leader_tid(curtask) }

// Name of that leader.
macro leader_comm(task) { task.group_leader.comm }
macro leader_comm() { leader_comm(curtask) }
`,
};
