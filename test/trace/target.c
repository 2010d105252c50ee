/* What the cases trace: functions whose arguments are of every kind, called once each with known values. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum Mode { READ = 1, WRITE = 7 };
int never_called(int x) { return x; }
struct Pair { int first; long second; };
struct Big { long values[5]; };
struct Node { struct Node *next; char name[8]; unsigned low : 3; unsigned high : 5; };
typedef const char *Text;

int kinds(bool yes, signed char small, Text text, enum Mode mode, double skipped, struct Node *node) {
  return yes + small + text[0] + mode + (int)skipped + node->low; /* body of kinds */
}
long structs(struct Pair pair, struct Big big, int sixth, int seventh, int on_stack) {
  return pair.first + big.values[4] + sixth + seventh + on_stack;
}
static inline __attribute__((always_inline)) int inner(int x) {
  return 3 * x; /* in inner */
}
int outer(int x) { return inner(x) + 1; }

struct Reading { float small; double large; };
int reading(struct Reading *r) { return r->small < r->large; }

int main(int argc, char **argv) {
  struct Node last = { 0, "last", 1, 2 };
  struct Node first = { &last, "first", 5, 30 };
  kinds(true, -3, "text", WRITE, 2.5, &first);
  structs((struct Pair){ 11, 22 }, (struct Big){ { 1, 2, 3, 4, 5 } }, 6, 7, 8);
  outer(0);
  reading(&(struct Reading){ 0.1f, 3.25e-7 });
  /* Symbols are found while it lives: milliseconds, cut short by the end of the script. */
  if (argc > 1) usleep(atoi(argv[1]) * 1000);
  return 0;
}
