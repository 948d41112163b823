/**
 * What the C peers share: arrays in files of their own, the terms of affine weights, a clock, and the conversation with
 * the harness. A model is a folder of raw little-endian arrays (see neutral.ts); every size follows from a file's length.
 *
 * A peer prints one line of JSON when it is ready, then answers each line that it is sent with one line:
 *
 *     batch COUNT SECONDS    evaluates the first COUNT thetas, again and again for SECONDS; seconds per pass
 *     single COUNT           evaluates COUNT thetas one after the other, each timed alone; their median
 *     phases COUNT SECONDS   as batch, with the seconds of each phase apart
 *     write FILE             writes what the last pass left, mean and variance per theta
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/** What passes are timed by: the processor's time where BENCH_CLOCK is cpu, for machines that others use too. */
static double spent(void) {
  const char *clock = getenv("BENCH_CLOCK");
  if (!clock || strcmp(clock, "cpu")) return now();
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what, const char *which) {
  fprintf(stderr, "%s %s\n", what, which);
  exit(1);
}

static void *reserve(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!memory) fail("no memory for", "an array");
  memset(memory, 0, (bytes + 127) / 64 * 64);
  return memory;
}

static void *readArray(const char *folder, const char *name, size_t size, int *count) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot open", path);
  fseek(file, 0, SEEK_END);
  size_t bytes = (size_t)ftell(file);
  rewind(file);
  void *data = reserve(bytes);
  if (fread(data, 1, bytes, file) != bytes) fail("cannot read", path);
  fclose(file);
  if (count) *count = (int)(bytes / size);
  return data;
}
#define INTS(name, count) ((int32_t *)readArray(folder, name ".i32", 4, count))
#define DOUBLES(name, count) ((double *)readArray(folder, name ".f64", 8, count))

/** Transient vertices 0 … n − 1; targets are −1 where an edge absorbs. */
typedef struct {
  int n, edges, dimension, batch;
  int32_t *rowStart, *targets;
  double *bases, *coefficients, *initial, *thetas;
} Model;

static Model readModel(const char *folder) {
  Model m;
  m.rowStart = INTS("row-start", &m.n);
  m.n--;
  m.targets = INTS("targets", &m.edges);
  m.bases = DOUBLES("bases", NULL);
  m.coefficients = DOUBLES("coefficients", &m.dimension);
  m.dimension /= m.edges;
  if (m.dimension == 0) fail("no parameter in", folder);
  m.initial = DOUBLES("initial", NULL);
  m.thetas = DOUBLES("thetas", &m.batch);
  m.batch /= m.dimension;
  return m;
}

/**
 * Weights as sums of terms coefficient · (1, theta)[place]. Most models have one term on every edge, and then `start` is
 * not needed: w_e = coefficient_e · (1, theta)[place_e].
 */
typedef struct {
  int single;
  int32_t *start, *place;
  double *coefficient;
} Terms;

static Terms readTerms(const Model *m, const int32_t *edgeAt) {
  Terms t = {1, reserve(4 * ((size_t)m->edges + 1)), reserve(4 * (size_t)m->edges * (m->dimension + 1)),
             reserve(8 * (size_t)m->edges * (m->dimension + 1))};
  int count = 0;
  for (int i = 0; i < m->edges; i++) {
    int e = edgeAt ? edgeAt[i] : i, before = count;
    for (int k = 0; k <= m->dimension; k++) {
      double c = k == 0 ? m->bases[e] : m->coefficients[(size_t)e * m->dimension + k - 1];
      if (c == 0) continue;
      t.place[count] = k;
      t.coefficient[count++] = c;
    }
    if (count != before + 1) t.single = 0;
    t.start[i + 1] = count;
  }
  return t;
}

static int compareDoubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/**
 * What a peer can do; `run` evaluates `width` thetas from `first` on, and adds to `phases` when it is not NULL. Without names
 * there are no phases.
 */
typedef struct {
  int batch, width;
  void *self;
  void (*run)(void *self, int first, double *mean, double *variance, double *phases);
  const char *phaseNames[4];
} Peer;

typedef struct {
  double *mean, *variance, *times;
} Results;

/** Passes over `count` thetas until `seconds` are over; answers seconds per pass. */
static double pass(const Peer *peer, const Results *r, int count, double seconds, double *phases) {
  int passes = 0;
  double start = now(), before = spent();
  do {
    for (int b = 0; b < count; b += peer->width) peer->run(peer->self, b, r->mean + b, r->variance + b, phases);
    passes++;
  } while (now() - start < seconds);
  if (phases)
    for (int i = 0; i < 4; i++) phases[i] /= passes;
  return (spent() - before) / passes;
}

static double single(const Peer *peer, const Results *r, int count) {
  int tiles = (peer->batch - 1) / peer->width + 1;
  for (int i = 0; i < count; i++) {
    int b = i % tiles * peer->width;
    double start = now();
    peer->run(peer->self, b, r->mean + b, r->variance + b, NULL);
    r->times[i] = now() - start;
  }
  qsort(r->times, (size_t)count, 8, compareDoubles);
  return r->times[count / 2];
}

static void writeResults(const Peer *peer, const Results *r, const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) fail("cannot write", path);
  for (int b = 0; b < peer->batch; b++) {
    double pair[2] = {r->mean[b], r->variance[b]};
    fwrite(pair, 8, 2, file);
  }
  if (fclose(file)) fail("cannot write", path);
}

#define SINGLE_MAX 100000

static void serve(const Peer *peer, const char *ready) {
  size_t padded = (size_t)peer->batch + 64;
  Results r = {reserve(8 * padded), reserve(8 * padded), reserve(8 * SINGLE_MAX)};
  char line[4096], verb[16];
  printf("%s\n", ready);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    int count = 0, at = 0;
    double seconds = 0;
    line[strcspn(line, "\n")] = 0;
    sscanf(line, "%15s %n%d %lf", verb, &at, &count, &seconds);
    int sound = count >= 1 && count <= (!strcmp(verb, "single") ? SINGLE_MAX : peer->batch);
    if (!strcmp(verb, "write")) {
      writeResults(peer, &r, line + at);
      printf("{}\n");
    } else if (!sound)
      fail("cannot do", line);
    else if (!strcmp(verb, "batch"))
      printf("{\"seconds\":%.9g}\n", pass(peer, &r, count, seconds, NULL));
    else if (!strcmp(verb, "single"))
      printf("{\"seconds\":%.9g}\n", single(peer, &r, count));
    else if (!strcmp(verb, "phases")) {
      double p[4] = {0, 0, 0, 0};
      if (peer->phaseNames[0]) pass(peer, &r, count, seconds, p);
      printf("{");
      for (int i = 0; i < 4 && peer->phaseNames[0]; i++) printf("%s\"%s\":%.9g", i ? "," : "", peer->phaseNames[i], p[i]);
      printf("}\n");
    } else
      fail("unknown request", line);
    fflush(stdout);
  }
}
