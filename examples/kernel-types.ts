/** Asks the kernel's BTF: where a field lies, what a type looks like in C, what a kernel can do. */
import { cDefinition, findField, kernelBtf } from 'pgpebble/bpf/btf';
import { feature } from 'pgpebble/bpf/features';

const [struct = 'task_struct', field = 'comm'] = process.argv.slice(2);
const btf = kernelBtf();
const id = btf.find(struct, 'struct');
const place = id === undefined ? undefined : findField(btf, id, field);
if (place) console.log(`${struct}.${field} lies ${place.offsetBits / 8} bytes from the start`);
console.log(cDefinition(btf, btf.find('list_head', 'struct')!));

const { title, available, reason } = await feature('uprobe_multi');
console.log(`${title}: ${available ? 'yes' : `no, ${reason}`}`);
