/** Ways to try things: make a map, load a program, attach it, and take all of it away again. */
import { aluImm, call, exit, type Instruction } from '../asm/index.ts';
import { attach } from '../links/index.ts';
import { createMap } from '../maps/index.ts';
import { loadProgram, type Program, VerifierError } from '../programs/index.ts';
import type { LinkSpec, MapSpec, ProgramSpec } from '../spec/index.ts';
import { closeFd, errorName, KernelError } from '../sys/index.ts';
import type { Verdict } from './feature.ts';

export const RETURN_0: readonly Instruction[] = [aluImm('mov', 0, 0), exit()];
type Hook = Pick<ProgramSpec, 'kind'> & Partial<Pick<ProgramSpec, 'attachTo' | 'sleepable'>>;

/** The error as one sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof VerifierError) return error.telling;
  return error instanceof KernelError ? error.what : error instanceof Error ? error.message : String(error);
}

/** The answer of a system call as a verdict; a descriptor is closed. */
export function verdictOf(result: number): Verdict {
  if (result >= 0) {
    closeFd(result);
    return undefined;
  }
  const [name, text] = errorName(-result);
  return `${text} (${name})`;
}

export async function tryOut(body: () => unknown): Promise<Verdict> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

export function tryMap(spec: Omit<MapSpec, 'name'>): Promise<Verdict> {
  return tryOut(() => createMap({ name: 'feature', ...spec }).close());
}

export async function withProgram<T>(
  hook: Hook,
  insns: readonly Instruction[],
  body: (program: Program) => T,
): Promise<T> {
  const functions = [{ name: 'feature', parameters: 1, insns }];
  const program = await loadProgram({ name: 'feature', license: 'GPL', functions, ...hook });
  try {
    return await body(program);
  } finally {
    program.close();
  }
}

export function tryProgram(insns: readonly Instruction[], hook: Hook = { kind: 'raw_tracepoint' }): Promise<Verdict> {
  return tryOut(() => withProgram(hook, insns, () => {}));
}

export function tryAttach(hook: Hook, link: LinkSpec): Promise<Verdict> {
  return tryOut(() =>
    withProgram(hook, RETURN_0, async (program) => {
      (await attach(link, program)).close();
    }),
  );
}

const NO_SUCH_HELPER = /(?:unknown|invalid) func|program of this type cannot use helper|cannot use helper/;

/** A call without arguments: the verifier complains about them only if it knows the helper. */
export async function tryHelper(helper: string, hook: Hook = { kind: 'raw_tracepoint' }): Promise<Verdict> {
  try {
    await withProgram(hook, [call(helper), ...RETURN_0], () => {});
  } catch (error) {
    const understood = error instanceof VerifierError && !NO_SUCH_HELPER.test(error.telling);
    return understood ? undefined : reasonOf(error);
  }
  return undefined;
}

/** A function of the kernel that exists to be attached to. */
export const TEST_FUNCTION = 'bpf_fentry_test1';
