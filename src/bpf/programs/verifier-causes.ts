/** What the verifier's sentences mean and what helps: one row a sentence (kernel/bpf/verifier.c). */

export interface Cause {
  readonly says: RegExp;
  readonly cause: string;
  readonly hint: string;
}

export const CAUSES: readonly Cause[] = [
  {
    says: /total number of maps per program/i,
    cause: 'it uses more maps than the kernel allows one program',
    hint: 'keep what belongs together in one map, with a key that says which, or use several probes',
  },
  {
    says: /invalid mem access '(?:scalar|inv)'/,
    cause: 'memory is read through a number that the verifier does not know to be a pointer',
    hint: 'read kernel memory through probe_read_kernel and user memory through probe_read_user',
  },
  {
    says: /invalid mem access '\w*_or_null'|R\d+ invalid mem access 'map_value_or_null'|possibly NULL pointer|maybe.null/i,
    cause: 'a pointer that may be null is used without a test',
    hint: 'compare it with 0 first and use it only where it is not',
  },
  {
    says: /combined stack size|stack size \d+|stack depth|stack R\d+ off=-(?:5[2-9]\d|[6-9]\d\d|\d{4,})/,
    cause: 'the program uses more than the 512 bytes of stack that it has',
    hint: 'keep large values in a per-CPU map',
  },
  {
    says: /At program exit the register R0|^R0 !read_ok/,
    cause: 'the program ends without a result that its hook allows',
    hint: 'return 0',
  },
  {
    says: /R\d+ !read_ok|invalid read from stack|invalid indirect read from stack|invalid indirect access to stack/,
    cause: 'a register or a place on the stack is read before anything was written there',
    hint: 'write it on every way that leads there; padding between fields counts too',
  },
  {
    says: /(?:unbounded|min value is negative|unbounded memory access|math between .* pointer and register with unbounded)/,
    cause: 'an offset or length has no bounds that the verifier could prove',
    hint: 'limit it right before its use, with a mask or a comparison on the same variable',
  },
  {
    says: /invalid access to map value|invalid access to memory|access beyond struct|outside of the allowed memory range/,
    cause: 'the access goes beyond the end of the value',
    hint: 'check offset and size against the size of the value',
  },
  {
    says: /access beyond the end of member|cannot access ptr member|field .* not found|access beyond struct/,
    cause: 'the field does not lie there in this kernel',
    hint: 'take the offset from the BTF of the kernel that runs',
  },
  {
    says: /BPF program is too large|too many instructions|sequence of \d+ jumps is too complex|complexity issue/,
    cause: 'the verifier gave up: there are too many ways through the program',
    hint: 'shorten loops, move work into functions of their own, or use bpf_loop',
  },
  {
    says: /back-edge|infinite loop detected|loop is not bounded/,
    cause: 'a loop has no end that the verifier can see',
    hint: 'give it a constant upper bound',
  },
  {
    says: /failed to find the address for kernel symbol/,
    cause: 'the symbol table of this kernel does not have the variable',
    hint: 'variables are listed there only with CONFIG_KALLSYMS_ALL',
  },
  {
    says: /unknown func|invalid func unknown|program of this type cannot use helper|cannot use helper|helper call is not allowed/,
    cause: 'this helper does not exist for this kind of program in this kernel',
    hint: 'use another helper or kind of program; ./pebble doctor lists what the kernel has',
  },
  {
    says: /cannot call GPL-restricted function/,
    cause: 'the helper is only for programs under the GPL',
    hint: 'set the license to "GPL" or "Dual BSD/GPL"',
  },
  {
    says: /tracing progs cannot use bpf_(?:spin_lock|timer|list_head|rb_root)/,
    cause: 'programs of this kind may run anywhere, so also while the lock or timer is being changed',
    hint: 'count with atomic additions, or in a per-CPU map; keep timers in a map that no tracing program uses',
  },
  {
    says: /invalid bpf_context access/,
    cause: 'the context has no such field',
    hint: 'check the number and type of the arguments of this hook in this kernel',
  },
  {
    says: /Unreleased reference|release_reference|reference has not been acquired/,
    cause: 'something that was acquired is not released on every way out',
    hint: 'release it before each exit',
  },
  {
    says: /leaks addr|pointer arithmetic .* prohibited|R\d+ pointer comparison prohibited|bitwise operator .* on pointer/,
    cause: 'a pointer is used as a number',
    hint: 'this needs CAP_PERFMON; run as root',
  },
  {
    says: /misaligned/,
    cause: 'an access is not aligned to its size',
    hint: 'align the field, or read it byte by byte',
  },
  {
    says: /unreachable insn|jump out of range|last insn is not an exit/,
    cause: 'the flow of control leaves the program or cannot reach a part of it',
    hint: 'this is a mistake of the code generator: please report it with the log',
  },
  {
    says: /R\d+ type=\S+ expected=|arg#\d+ expected|expects pointer/,
    cause: 'an argument is of another type than the called function wants',
    hint: 'check the order and the types of the arguments',
  },
];
