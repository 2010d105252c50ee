/* A hook of the security modules, and one that may sleep. */
#include "test.h"
TARGET;
__u64 opened;
SEC("lsm/file_open")
int BPF_PROG(opening, void *file)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&opened, 1);
	return 0;
}
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(running, void *bprm)
{
	return 0;
}
