/** Loads the BTF that a collection brings, with fewer kinds of types where the kernel does not know all of them. */
import { BTF_STEPS, simplifyBtf } from './btf/simplify.ts';
import { btfLoad } from './sys/index.ts';

/** Its descriptor; undefined where no form of it is taken, and programs and maps must do without. */
export function loadBtf(btf: Buffer): number | undefined {
  const whole = btfLoad(btf);
  if (whole >= 0) return whole;
  for (const step of BTF_STEPS) {
    const simpler = simplifyBtf(btf, step);
    const result = simpler === undefined ? -1 : btfLoad(simpler);
    if (result >= 0) return result;
  }
  return undefined;
}
