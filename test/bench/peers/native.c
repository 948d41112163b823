/**
 * The elimination trace replayed in C: what a compiler makes of our own arithmetic, W thetas side by side in one vector
 * register. Up-looking rows, then two solves on the same factors:
 *
 *     f_uv = w_uv / d_v,  w_uj += f_uv w_vj,  d_u = Σ_j w_uj + exit_u;   m = U e;   E[Y²] = 2 αU m
 *
 * Rates must be positive: there is none of the care for zeros and for the ends of double precision that a backend takes.
 *
 * usage: native FOLDER (compiled with -DW=lanes, and -DFUSED for all steps of a component before the next component)
 */
#include "peer.h"

#ifndef W
#define W 4
#endif
#if W == 1
typedef double Lanes;
#else
typedef double Lanes __attribute__((vector_size(8 * W)));
#endif
#define LANE(x, l) (((double *)&(x))[l])

typedef struct {
  Model m;
  Terms terms;
  int components;
  double multiplyAdds;
  int32_t *componentStart, *lowerStart, *lower, *upperStart, *upper;
  /** Edges by position: what leads to earlier components, what absorbs, what stays inside. */
  int32_t *external, *absorbing, *internal, *end, *target;
  double *initial;
  Lanes *weight, *lowerValue, *upperValue, *inverse, *exit, *row, *mean, *second;
} Native;

static Native readNative(const char *folder) {
  Native s;
  s.m = readModel(folder);
  int n = s.m.n, E = s.m.edges, lowers, uppers;
  int32_t *order = INTS("order", NULL);
  s.componentStart = INTS("component-start", &s.components);
  s.components--;
  s.lowerStart = INTS("lower-start", NULL);
  s.lower = INTS("lower", &lowers);
  s.upperStart = INTS("upper-start", NULL);
  s.upper = INTS("upper", &uppers);
  int32_t *rank = reserve(4 * (size_t)n), *edgeAt = reserve(4 * (size_t)E);
  for (int p = 0; p < n; p++) rank[order[p]] = p;
  s.external = reserve(4 * (size_t)n);
  s.absorbing = reserve(4 * (size_t)n);
  s.internal = reserve(4 * (size_t)n);
  s.end = reserve(4 * (size_t)n);
  s.target = reserve(4 * (size_t)E);
  s.initial = reserve(8 * (size_t)n);
  int at = 0;
  for (int c = 0; c < s.components; c++)
    for (int p = s.componentStart[c], first = p; p < s.componentStart[c + 1]; p++) {
      int v = order[p];
      s.initial[p] = s.m.initial[v];
      for (int group = 0; group < 3; group++) {
        (group == 0 ? s.external : group == 1 ? s.absorbing : s.internal)[p] = at;
        for (int e = s.m.rowStart[v]; e < s.m.rowStart[v + 1]; e++) {
          int q = s.m.targets[e] < 0 ? -1 : rank[s.m.targets[e]];
          if (group != (q < 0 ? 1 : q < first ? 0 : 2)) continue;
          edgeAt[at] = e;
          s.target[at++] = q;
        }
      }
      s.end[p] = at;
    }
  s.terms = readTerms(&s.m, edgeAt);
  s.multiplyAdds = 0;
  for (int p = 0; p < n; p++)
    for (int i = s.lowerStart[p]; i < s.lowerStart[p + 1]; i++)
      for (int v = s.lower[i], j = s.upperStart[v]; j <= s.upperStart[v + 1]; j++)
        if (j == s.upperStart[v + 1] || s.upper[j] != p) s.multiplyAdds++;
  s.weight = reserve(sizeof(Lanes) * (size_t)E);
  s.lowerValue = reserve(sizeof(Lanes) * (size_t)lowers);
  s.upperValue = reserve(sizeof(Lanes) * (size_t)uppers);
  s.inverse = reserve(sizeof(Lanes) * (size_t)n);
  s.exit = reserve(sizeof(Lanes) * (size_t)n);
  s.row = reserve(sizeof(Lanes) * (size_t)n);
  s.mean = reserve(sizeof(Lanes) * (size_t)n);
  s.second = reserve(sizeof(Lanes) * (size_t)n);
  return s;
}

static void weights(const Native *s, const Lanes *theta, int first, int end) {
  Lanes *restrict weight = s->weight;
  const double *restrict coefficient = s->terms.coefficient;
  const int32_t *restrict place = s->terms.place;
  if (s->terms.single) {
    for (int e = first; e < end; e++) weight[e] = coefficient[e] * theta[place[e]];
    return;
  }
  for (int e = first; e < end; e++) {
    Lanes sum = {0};
    for (int t = s->terms.start[e]; t < s->terms.start[e + 1]; t++) sum += coefficient[t] * theta[place[t]];
    weight[e] = sum;
  }
}

static void factor(const Native *s, int first, int end) {
  Lanes *restrict row = s->row, *restrict lowerValue = s->lowerValue, *restrict upperValue = s->upperValue;
  Lanes *restrict inverse = s->inverse, *restrict exits = s->exit;
  const Lanes *restrict weight = s->weight;
  const int32_t *restrict upper = s->upper, *restrict lower = s->lower, *restrict target = s->target;
  const int32_t *restrict upperStart = s->upperStart, *restrict lowerStart = s->lowerStart;
  for (int p = first; p < end; p++) {
    Lanes leaving = {0};
    for (int e = s->external[p]; e < s->internal[p]; e++) leaving += weight[e];
    for (int e = s->internal[p]; e < s->end[p]; e++) row[target[e]] += weight[e];
    for (int i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
      int v = lower[i];
      Lanes f = row[v] * inverse[v];
      row[v] = (Lanes){0};
      lowerValue[i] = f;
      leaving += f * exits[v];
      int j = upperStart[v], last = upperStart[v + 1];
      for (; j + 2 <= last; j += 2) {
        Lanes a0 = row[upper[j]] + f * upperValue[j], a1 = row[upper[j + 1]] + f * upperValue[j + 1];
        row[upper[j]] = a0; row[upper[j + 1]] = a1;
      }
      if (j < last) row[upper[j]] += f * upperValue[j];
    }
    row[p] = (Lanes){0};
    Lanes d = leaving;
    for (int j = upperStart[p]; j < upperStart[p + 1]; j++) {
      Lanes w = row[upper[j]];
      row[upper[j]] = (Lanes){0};
      upperValue[j] = w;
      d += w;
    }
    exits[p] = leaving;
    inverse[p] = 1.0 / d;
  }
}

/** x = U x inside one component; x of earlier components is known. */
static void solve(const Native *s, Lanes *restrict x, int first, int end) {
  const Lanes *restrict lowerValue = s->lowerValue, *restrict upperValue = s->upperValue, *restrict weight = s->weight;
  const int32_t *restrict upper = s->upper, *restrict lower = s->lower, *restrict target = s->target;
  for (int p = first; p < end; p++) {
    Lanes b = x[p];
    for (int e = s->external[p]; e < s->absorbing[p]; e++) b += weight[e] * x[target[e]];
    for (int i = s->lowerStart[p]; i < s->lowerStart[p + 1]; i++) b += lowerValue[i] * x[lower[i]];
    x[p] = b;
  }
  for (int p = end - 1; p >= first; p--) {
    Lanes b = x[p];
    for (int j = s->upperStart[p]; j < s->upperStart[p + 1]; j++) b += upperValue[j] * x[upper[j]];
    x[p] = b * s->inverse[p];
  }
}

static void ones(const Native *s, int first, int end) {
  for (int p = first; p < end; p++) s->mean[p] = (Lanes){0} + 1.0;
}

/** The second right-hand side is the first solution. */
static void carry(const Native *s, int first, int end) {
  for (int p = first; p < end; p++) s->second[p] = s->mean[p];
}

static void output(const Native *s, int first, double *mean, double *variance) {
  Lanes sum = {0}, square = {0};
  for (int p = 0; p < s->m.n; p++)
    if (s->initial[p] != 0) {
      sum += s->initial[p] * s->mean[p];
      square += s->initial[p] * s->second[p];
    }
  square = 2.0 * square - sum * sum;
  for (int l = 0; l < W && first + l < s->m.batch; l++) {
    mean[l] = LANE(sum, l);
    variance[l] = LANE(square, l);
  }
}

static void run(void *self, int first, double *mean, double *variance, double *phases) {
  const Native *s = self;
  int n = s->m.n, d = s->m.dimension;
  Lanes theta[d + 1];
  for (int l = 0; l < W; l++) {
    int b = first + l < s->m.batch ? first + l : s->m.batch - 1;
    LANE(theta[0], l) = 1;
    for (int k = 0; k < d; k++) LANE(theta[k + 1], l) = s->m.thetas[(size_t)b * d + k];
  }
#ifdef FUSED
  (void)n;
  (void)phases;
  for (int c = 0; c < s->components; c++) {
    int from = s->componentStart[c], end = s->componentStart[c + 1];
    weights(s, theta, s->external[from], s->end[end - 1]);
    factor(s, from, end);
    ones(s, from, end);
    solve(s, s->mean, from, end);
    carry(s, from, end);
    solve(s, s->second, from, end);
  }
  output(s, first, mean, variance);
#else
  double times[5];
  if (phases) times[0] = now();
  weights(s, theta, 0, s->m.edges);
  if (phases) times[1] = now();
  for (int c = 0; c < s->components; c++) factor(s, s->componentStart[c], s->componentStart[c + 1]);
  if (phases) times[2] = now();
  ones(s, 0, n);
  for (int c = 0; c < s->components; c++) solve(s, s->mean, s->componentStart[c], s->componentStart[c + 1]);
  carry(s, 0, n);
  for (int c = 0; c < s->components; c++) solve(s, s->second, s->componentStart[c], s->componentStart[c + 1]);
  if (phases) times[3] = now();
  output(s, first, mean, variance);
  if (phases) {
    times[4] = now();
    for (int i = 0; i < 4; i++) phases[i] += times[i + 1] - times[i];
  }
#endif
}

int main(int count, char **words) {
  if (count != 2) fail("usage: native", "FOLDER");
  Native s = readNative(words[1]);
#ifdef FUSED
  Peer peer = {s.m.batch, W, &s, run, {NULL}};
#else
  Peer peer = {s.m.batch, W, &s, run, {"weights", "factor", "solve", "output"}};
#endif
  char ready[200];
  snprintf(ready, sizeof ready, "{\"lanes\":%d,\"factorMultiplyAdds\":%.0f}", W, s.multiplyAdds);
  serve(&peer, ready);
  return 0;
}
