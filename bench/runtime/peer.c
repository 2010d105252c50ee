/* The C side, with Debian's libbpf: peer TASK OBJECT …, prints one line of JSON. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct event { __u64 number, time; __u32 pid, cpu; __u64 value; };
static __u64 events, sum;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
/* Of this thread: waiting for a CPU is no cost of ours. */
static double on_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
static double cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}
static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}
static int on_event(void *ctx, void *data, size_t size)
{
	struct event *event = data;
	events++;
	sum += event->value + event->pid;
	return 0;
}

struct variables { __u64 flags; __u32 producer; };
static struct bpf_object *open_object(const char *path, __u64 flags, __u32 producer)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map *map;
	struct variables *rodata;
	size_t size;
	if (!object)
		die("open");
	map = bpf_object__find_map_by_name(object, ".rodata");
	rodata = (void *)bpf_map__initial_value(map, &size);
	rodata->flags = flags;
	rodata->producer = producer;
	return object;
}
static struct bpf_object *load(const char *path, __u64 flags, __u32 producer)
{
	struct bpf_object *object = open_object(path, flags, producer);
	if (bpf_object__load(object))
		die("load");
	return object;
}
static void run(struct bpf_object *object, const char *name)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int fd = bpf_program__fd(bpf_object__find_program_by_name(object, name));
	if (bpf_prog_test_run_opts(fd, &options))
		die("run");
}
static struct ring_buffer *ring_of(struct bpf_object *object)
{
	return ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), on_event, NULL, NULL);
}

static void drain(const char *path)
{
	struct bpf_object *object = load(path, 1, 0);
	struct ring_buffer *ring = ring_of(object);
	double best = 1e9;
	for (int i = 0; i < 25; i++) {
		run(object, "fill");
		events = 0;
		double start = on_cpu();
		ring_buffer__consume(ring);
		double a = (on_cpu() - start) * 1e6 / events;
		if (i > 1 && a < best)
			best = a;
	}
	printf("{\"ns\":%.2f,\"events\":%llu}\n", best, events);
}
/* Reads for so long: by epoll where records wake us, else every millisecond. */
static void reading(const char *path, __u64 flags, __u32 producer, double ms)
{
	struct bpf_object *object = load(path, flags, producer);
	struct ring_buffer *ring = ring_of(object);
	struct bpf_link *link = bpf_program__attach(bpf_object__find_program_by_name(object, "send"));
	size_t size;
	struct counts { __u64 sent, dropped; } at;
	int bss = bpf_object__find_map_fd_by_name(object, ".bss"), zero = 0;
	if (!link)
		die("attach");
	double start = now(), used = cpu();
	events = 0;
	while (now() - start < ms) {
		if (flags) {
			ring_buffer__consume(ring);
			usleep(1000);
		} else
			ring_buffer__poll(ring, 10);
	}
	used = cpu() - used;
	double took = now() - start;
	(void)size;
	bpf_map_lookup_elem(bss, &zero, &at);
	printf("{\"rate\":%.0f,\"dropped\":%llu,\"cpu\":%.2f}\n", events * 1e3 / took, at.dropped, used * 100 / took);
}
static void batch(const char *path)
{
	struct bpf_object *object = load(path, 1, 0);
	int fd = bpf_object__find_map_fd_by_name(object, "table");
	__u64 *keys = malloc(131072 * 8), next;
	char *values = malloc(131072 * 64);
	double best = 1e9;
	__u32 all = 0;
	run(object, "load");
	for (int i = 0; i < 15; i++) {
		double start = on_cpu();
		void *from = NULL;
		all = 0;
		for (;;) {
			__u32 count = 4096;
			int failed = bpf_map_lookup_batch(fd, from, &next, keys + all, values + (size_t)all * 64, &count, NULL);
			all += count;
			from = &next;
			if (failed)
				break;
		}
		double took = on_cpu() - start;
		if (took < best)
			best = took;
	}
	printf("{\"ms\":%.2f,\"entries\":%u}\n", best, all);
}
/* uprobe_multi is younger than this libbpf: the system call that newer ones make. */
struct multi_attr { __u32 prog_fd, target_fd, attach_type, flags; __u64 path, offsets, refs, cookies; __u32 cnt, mflags, pid, pad; };
static void uprobes(const char *path, const char *binary, int count, char **offsets)
{
	struct bpf_object *object = open_object(path, 1, 0);
	struct bpf_program *program = bpf_object__find_program_by_name(object, "hit");
	__u64 at[2048], refs[2048];
	bpf_program__set_autoload(program, true);
	bpf_program__set_type(program, BPF_PROG_TYPE_KPROBE);
	bpf_program__set_expected_attach_type(program, 48);
	if (bpf_object__load(object))
		die("load");
	int have_refs = 0;
	for (int i = 0; i < count; i++) {
		char *colon = strchr(offsets[i], ':');
		at[i] = strtoull(offsets[i], NULL, 10);
		refs[i] = colon ? strtoull(colon + 1, NULL, 10) : 0;
		have_refs |= refs[i] != 0;
	}
	struct multi_attr attr = { .prog_fd = bpf_program__fd(program), .attach_type = 48, .path = (__u64)binary,
		.offsets = (__u64)at, .refs = have_refs ? (__u64)refs : 0, .cnt = count };
	double start = now();
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	double attached = now();
	if (fd < 0)
		die("uprobe_multi");
	close(fd);
	printf("{\"attach\":%.2f,\"detach\":%.2f}\n", attached - start, now() - attached);
}
/* From the start of the process to the first record: the caller takes the time. */
static void first(const char *path, __u32 producer)
{
	struct bpf_object *object = load(path, 1, producer);
	struct ring_buffer *ring = ring_of(object);
	bpf_program__attach(bpf_object__find_program_by_name(object, "send"));
	while (events == 0) {
		ring_buffer__consume(ring);
		usleep(1000);
	}
	printf("{\"events\":%llu}\n", events);
	fflush(stdout);
	_exit(0);
}
int main(int argc, char **argv)
{
	const char *task = argv[1];
	if (!strcmp(task, "drain"))
		drain(argv[2]);
	else if (!strcmp(task, "reading"))
		reading(argv[2], atoi(argv[3]), atoi(argv[4]), atof(argv[5]));
	else if (!strcmp(task, "batch"))
		batch(argv[2]);
	else if (!strcmp(task, "uprobes"))
		uprobes(argv[2], argv[3], argc - 4, argv + 4);
	else if (!strcmp(task, "first"))
		first(argv[2], atoi(argv[3]));
	return 0;
}
