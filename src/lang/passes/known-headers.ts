/** Headers that scripts include and machines without a compiler or kernel sources lack: what of them scripts use. */
import type { Source } from '../diagnostics/index.ts';

/** A compiler brings these itself. */
const COMPILER_HEADERS: Readonly<Record<string, string>> = {
  'stddef.h':
    '#define NULL ((void *)0)\ntypedef unsigned long size_t;\ntypedef long ptrdiff_t;\ntypedef int wchar_t;\n',
  'stdarg.h': 'typedef void *va_list;\ntypedef void *__gnuc_va_list;\n',
  'stdbool.h': '',
  'float.h': '',
};

/** Folders of the kernel's sources: types and enums of its headers come from BTF. */
const KERNEL_FOLDERS = /^(?:linux|net|asm|asm-generic|uapi|scsi|sound|drm|rdma|trace|kernel|block|crypto|acpi)\//;

export const isKernelHeader = (path: string): boolean => KERNEL_FOLDERS.test(path);

/** Headers of the C library that say what the kernel says. */
const LIBRARY_HEADERS =
  /^(?:sys\/(?:socket|types|stat|un|time|wait|mman|param)|netinet\/(?:in|tcp|ip)|arpa\/inet|errno|fcntl|dirent|signal|stdint|inttypes|limits|unistd)\.h$/;

/** Whoever includes these counts on the kernel's macros. */
export const bringsKernelMacros = (path: string): boolean => isKernelHeader(path) || LIBRARY_HEADERS.test(path);

/** What to read for a header that no folder has; undefined: only that it is missing can be said. */
export function knownHeader(path: string): Source | undefined {
  const text = COMPILER_HEADERS[path];
  if (text !== undefined) return { name: `<${path}>`, text: `#pragma once\n${text}` };
  return LIBRARY_HEADERS.test(path) ? { name: `<${path}>`, text: '' } : undefined;
}

/** include/linux/socket.h */
const FAMILIES = { UNSPEC: 0, UNIX: 1, LOCAL: 1, INET: 2, IPX: 4, INET6: 10, NETLINK: 16, PACKET: 17, VSOCK: 40 };
/** include/linux/sched.h */
const STATES = {
  TASK_RUNNING: 0,
  TASK_INTERRUPTIBLE: 1,
  TASK_UNINTERRUPTIBLE: 2,
  __TASK_STOPPED: 4,
  __TASK_TRACED: 8,
  EXIT_DEAD: 0x10,
  EXIT_ZOMBIE: 0x20,
  TASK_PARKED: 0x40,
  TASK_DEAD: 0x80,
  TASK_WAKEKILL: 0x100,
  TASK_WAKING: 0x200,
  TASK_NOLOAD: 0x400,
  TASK_NEW: 0x800,
  PF_EXITING: 0x4,
  PF_KTHREAD: 0x20_00_00,
};
/** include/linux/fs_types.h */
const FILE_KINDS = { UNKNOWN: 0, FIFO: 1, CHR: 2, DIR: 4, BLK: 6, REG: 8, LNK: 10, SOCK: 12, WHT: 14 };
/** include/uapi/linux/stat.h */
const FILE_MODES = {
  S_IFMT: 0o170_000,
  S_IFSOCK: 0o140_000,
  S_IFLNK: 0o120_000,
  S_IFREG: 0o100_000,
  S_IFBLK: 0o060_000,
  S_IFDIR: 0o040_000,
  S_IFCHR: 0o020_000,
  S_IFIFO: 0o010_000,
};
/** include/linux/kdev_t.h, vdso/time64.h, linux/blk_types.h, uapi/linux/icmp.h, uapi/linux/icmpv6.h */
const OTHERS = {
  ICMP_ECHOREPLY: 0,
  ICMP_ECHO: 8,
  ICMPV6_ECHO_REQUEST: 128,
  ICMPV6_ECHO_REPLY: 129,
  MINORBITS: 20,
  MINORMASK: 0xf_ff_ff,
  SECTOR_SHIFT: 9,
  SECTOR_SIZE: 512,
  NSEC_PER_SEC: 1_000_000_000,
  NSEC_PER_MSEC: 1_000_000,
  NSEC_PER_USEC: 1000,
  USEC_PER_SEC: 1_000_000,
};

/** From 1 on (include/uapi/asm-generic/errno.h); a dash for numbers that no error has. */
const ERRORS = (
  'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY ' +
  'EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK ' +
  'EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT ' +
  'EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ' +
  'ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ ' +
  'EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK ' +
  'EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT ' +
  'EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ' +
  'ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE ' +
  'EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED ' +
  'EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON'
).split(' ');

/** The macros of kernel headers that scripts use, which BTF does not have; read for those that nothing else defined. */
export function kernelMacros(): Source {
  const lines = [
    ...Object.entries(FAMILIES).flatMap(([name, value]) => [`AF_${name} ${value}`, `PF_${name} ${value}`]),
    ...Object.entries(FILE_KINDS).map(([name, value]) => `DT_${name} ${value}`),
    ...ERRORS.flatMap((name, i) => (name === '-' ? [] : [`${name} ${i + 1}`])),
    ...Object.entries({ ...STATES, ...FILE_MODES, ...OTHERS }).map(([name, value]) => `${name} ${value}`),
  ];
  return { name: '<kernel headers>', text: lines.map((line) => `#define ${line}\n`).join('') };
}
