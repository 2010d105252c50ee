/* What every test program includes: helpers, a license, and the few kernel types that they look into. */
#pragma once
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define CORE __attribute__((preserve_access_index))
#define noinline __attribute__((noinline))
/* The process whose system calls are counted; 0 is nobody. */
#define TARGET const volatile __u32 target
#define OF_TARGET ((bpf_get_current_pid_tgid() >> 32) == target)
