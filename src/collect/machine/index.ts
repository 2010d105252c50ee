/** The machine around PostgreSQL: who else uses its CPUs, whether memory is short, whether a limit throttles. */
export { MachineWatch } from './watch.ts';
