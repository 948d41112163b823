/** Integrals of smooth functions: eight Gauss-Legendre nodes in each panel. */

// nodes and weights of order 8, symmetric about 0 (Abramowitz & Stegun, table 25.4)
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

/** Nodes and weights over the panels between neighbouring `edges`. */
export function gaussLegendre(edges: readonly number[]): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const [middle, half] = [(edges[i] + edges[i + 1]) / 2, (edges[i + 1] - edges[i]) / 2];
    for (const side of [-1, 1])
      NODES.forEach((x, k) => {
        nodes.push(middle + side * half * x);
        weights.push(half * WEIGHTS[k]);
      });
  }
  return { nodes, weights };
}
