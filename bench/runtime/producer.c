/* Makes system calls that the program sees: as many as it can, or `argv[1]` thousand a second; until it is killed. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int a_tick = argc > 1 ? atoi(argv[1]) : 0;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		for (int i = 0; i < (a_tick ? a_tick : 1000); i++)
			syscall(SYS_getppid);
		if (!a_tick)
			continue;
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
	}
}
