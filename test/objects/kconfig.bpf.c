/* What the loader says about the kernel. */
#include "test.h"
extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
extern _Bool CONFIG_BPF_SYSCALL __kconfig;
extern char CONFIG_BPF_JIT __kconfig;
extern enum libbpf_tristate CONFIG_BPF __kconfig;
extern int CONFIG_HZ __kconfig __weak;
extern char CONFIG_CC_VERSION_TEXT[8] __kconfig __weak;
extern _Bool CONFIG_NO_SUCH_OPTION __kconfig __weak;
int version, cookie, wrapper, syscalls, jit, tristate, hz, nothing = -1;
char first;
SEC("syscall")
int read(void *ctx)
{
	version = LINUX_KERNEL_VERSION;
	cookie = LINUX_HAS_BPF_COOKIE;
	wrapper = LINUX_HAS_SYSCALL_WRAPPER;
	syscalls = CONFIG_BPF_SYSCALL;
	jit = CONFIG_BPF_JIT;
	tristate = CONFIG_BPF;
	hz = CONFIG_HZ;
	first = CONFIG_CC_VERSION_TEXT[0];
	nothing = CONFIG_NO_SUCH_OPTION;
	return 0;
}
