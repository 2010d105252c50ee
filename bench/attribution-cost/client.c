/* One session: "q N" executes a prepared SELECT N times and prints the 20th and 50th percentile of its latency in ns; "s SQL" executes that. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

static void run(PGconn *connection, int count) {
  static unsigned seed = 1;
  long *took = malloc(count * sizeof *took);
  for (int i = -50; i < count; i++) {
    char aid[16];
    const char *values[1] = {aid};
    snprintf(aid, sizeof aid, "%d", 1 + rand_r(&seed) % 100000);
    long start = now();
    PQclear(PQexecPrepared(connection, "q", 1, values, NULL, NULL, 0));
    if (i >= 0) took[i] = now() - start;
  }
  qsort(took, count, sizeof *took, ascending);
  printf("%ld %ld\n", took[count / 5], took[count / 2]);
  free(took);
}

int main(int count, char **arguments) {
  char line[4096];
  PGconn *connection = PQconnectdb(count > 1 ? arguments[1] : "");
  if (PQstatus(connection) != CONNECTION_OK) {
    fprintf(stderr, "%s", PQerrorMessage(connection));
    return 1;
  }
  PQclear(PQprepare(connection, "q", "SELECT abalance FROM pgbench_accounts WHERE aid = $1", 1, NULL));
  printf("%d\n", PQbackendPID(connection));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] == 'q') {
      run(connection, atoi(line + 2));
    } else {
      PGresult *result = PQexec(connection, line + 2);
      printf("%s\n", PQresultStatus(result) == PGRES_COMMAND_OK ? "ok" : PQerrorMessage(connection));
      PQclear(result);
    }
    fflush(stdout);
  }
  PQfinish(connection);
  return 0;
}
