/** Names without their flavour: `task_struct___old` stands for `task_struct`. */

/** Three underscores with something else on both sides; the last such place counts (libbpf, bpf_core_essential_name_len). */
const FLAVOR = /^(.*[^_])___[^_].*$/s;

export function essentialName(name: string): string {
  return FLAVOR.exec(name)?.[1] ?? name;
}
