/** What a foreign-function library must give us; everything else of the kernel interface is TypeScript. */
export interface Native {
  /** Any system call: its result, or minus the errno. No pointer argument may point into the V8 heap. */
  readonly syscall: (number: number, a: number, b: number, c: number, d: number, e: number, f: number) => number;
  /** Where the bytes of an ArrayBuffer are. Its memory never moves (only typed arrays of 64 bytes and less do). */
  readonly address: (memory: ArrayBuffer) => number;
  /** An ArrayBuffer over memory that we do not own. Whoever unmaps the memory detaches the buffer first. */
  readonly view: (address: number, length: number) => ArrayBuffer;
  /** Gives memory that nobody uses any more back to the kernel, where the C library can. */
  readonly trim: () => void;
  /** mallopt(3), where the C library has it. */
  readonly setMalloc: (parameter: number, value: number) => void;
}
