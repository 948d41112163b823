/** Panels: weights against those that every mixture uses, and e_k against what polynomials through nodes really miss. */
import { describe, expect, it } from "vitest";
import {
  centreOf,
  GROUP,
  halfWidthOf,
  NODES,
  PANEL_COUNT,
  PANEL_MEAN_MAX,
  type Panel,
  Panels,
  panelAt,
  weightsAbove,
} from "./panels.js";
import { poissonWeights } from "./poisson.js";

const panels = new Panels();
const SOME = [0, 1, 2, 5, 17, PANEL_COUNT - 1];

/** Pois(k; x_j) of node j as the panel has it. */
function weightOf({ lows, starts, weights }: Panel, j: number, k: number): number {
  const g = Math.floor(j / GROUP);
  const place = starts[g] + (k - lows[g]) * GROUP;
  return place >= starts[g] && place < starts[g + 1] ? weights[place + (j % GROUP)] : 0;
}

describe("panels", () => {
  it("follow one another without gaps", () => {
    for (let p = 0; p < PANEL_COUNT; p++) {
      const [low, high] = [centreOf(p) - halfWidthOf(p), centreOf(p) + halfWidthOf(p)];
      expect(low).toBe(p === 0 ? 0 : centreOf(p - 1) + halfWidthOf(p - 1));
      expect([panelAt(low * (1 + 1e-12)), panelAt(high * (1 - 1e-12))]).toEqual([p, p]);
    }
    expect(centreOf(PANEL_COUNT - 1) + halfWidthOf(PANEL_COUNT - 1)).toBeGreaterThan(PANEL_MEAN_MAX);
  });

  it("have weights right to a few roundings", () => {
    for (const x of [1e-3, 0.7, 3.99, 4, 97.3, 1234.5, 4100]) {
      const { low, weights } = weightsAbove([x, x * 2 ** -55], 2 ** -90);
      const all = poissonWeights([x, x * 2 ** -55]);
      let most = 0;
      weights.forEach((weight, i) => {
        const wanted = all.weights[low + i - all.low];
        most = Math.max(most, weight);
        expect(Math.abs(weight / wanted - 1), `${low + i} at ${x}`).toBeLessThan(9 * 2 ** -53);
      });
      // what is missing is small
      all.weights.forEach((weight, i) => {
        const k = all.low + i;
        if (k < low || k >= low + weights.length) expect(weight).toBeLessThan(most * 2 ** -90);
      });
    }
  });

  it.each(SOME)("bound what the polynomials of panel %i miss", (p) => {
    const panel = panels.panel(p);
    const { nodes, barycentric } = panels;
    const points = Array.from({ length: 61 }, (_, i) => -1 + i / 30).filter((s) => !nodes.includes(s));
    const terms = points.map((s) => poissonWeights([panel.centre + panel.halfWidth * s, 0]));
    let closest = Infinity;
    for (let k = 0; k < panel.errorLow + panel.errors.length + 5; k += p > 4 ? 7 : 1)
      points.forEach((s, i) => {
        let [whole, sum, most] = [0, 0, 0];
        for (let j = 0; j < NODES; j++) {
          const part = barycentric[j] / (s - nodes[j]);
          const weight = weightOf(panel, j, k);
          whole += part;
          sum += part * weight;
          most = Math.max(most, weight);
        }
        const { low, weights } = terms[i];
        const missed = Math.abs(sum / whole - (weights[k - low] ?? 0));
        const error = panel.errors[k - panel.errorLow] ?? 2 ** -100;
        // weights feel the last digit of the mean
        const x = panel.centre + panel.halfWidth * s;
        const rounding = 2 ** -53 * (40 + 3 * Math.abs(k - x)) * most;
        expect(missed, `${k} at ${s}`).toBeLessThan(error + rounding + 2 ** -85);
        if (error > 2 ** -60) closest = Math.min(closest, error / Math.max(missed, 1e-300));
      });
    // a bound that is a thousand times too large would be as true, and useless
    if (p > 0) expect(closest).toBeLessThan(100);
    expect(panel.errorSums[0]).toBeLessThan(2 ** -49);
  });
});
