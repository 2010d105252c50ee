/* The traced program: so many calls of getppid, or of a function with a text of 51 bytes; prints its rate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((noinline)) int traced(long number, const char *text) {
  __asm__ volatile("" : : "r"(number), "r"(text) : "memory");
  return (int)number;
}

int main(int argc, char **argv) {
  const char *text = "SELECT abalance FROM pgbench_accounts WHERE aid=104";
  long count = argc > 2 ? atol(argv[2]) : 0;
  int calls = argc > 1 && strcmp(argv[1], "calls") == 0;
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long i = 0; i < count; i++) {
    if (calls) traced(i, text);
    else syscall(SYS_getppid);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9;
  printf("%.0f\n", count / seconds);
  return 0;
}
