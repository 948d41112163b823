/**
 * A program: one quantity as a schedule of steps over a trace. It knows shapes, not values, and no device. Programs
 * are data, and so are their derivatives: `tangent.ts` and `adjoint.ts` turn one program into another, so a backend
 * that runs programs has gradients without a line of its own.
 *
 * Registers are written once. A *vector* is indexed by position in the elimination order and stands for values at
 * transient vertices; the value at absorption is 0. A *system* is a number for each edge and a leak for each position:
 * weights, or their derivatives. A *scalar* is one number.
 *
 * | step                | effect                                                                              |
 * |---------------------|-------------------------------------------------------------------------------------|
 * | `system`            | system ← weights at θ (discrete: leak_i ← what row i lacks to 1)                    |
 * | `kill`              | system ← system with leak_i += scale · vector_i                                      |
 * | `sum`               | system ← left + right                                                               |
 * | `ones`, `indicator` | vector ← 1; ← 1 at the vertices listed and 0 elsewhere                              |
 * | `reward`, `initial` | vector ← the reward of that name; ← α                                               |
 * | `exits`             | vector_i ← Σ_j w_ij over absorbing j, or those listed; without a list leak_i too      |
 * | `multiply`, `add`   | vector ← scale · left ∘ right; ← left + scale · right                               |
 * | `stretch`           | vector ← scalar · vector                                                            |
 * | `solve`             | vector ← U vector, with U = (−S)⁻¹ of the system                                     |
 * | `solveTransposed`   | vector ← vector U                                                                   |
 * | `apply`             | vector_i ← Σ_j w_ij (x_j − x_i) − leak_i x_i, that is S x                            |
 * | `applyTransposed`   | vector ← x S                                                                        |
 * | `step`, `stepTransposed` | vector ← T x, x T of a discrete model, self-loops included                     |
 * | `gamma`             | vector_i ← Σ_j w_ij (left_j − centre_i)(right_j − centre'_i), leaks included         |
 * | `gammaTransposed`   | vector_j ← Σ_i y_i w_ij (right_j − centre'_i): the adjoint of gamma in left          |
 * | `gammaCentre`       | vector_i ← −y_i (Σ_j w_ij (right_j − centre'_i) − leak_i centre'_i): that in centre  |
 * | `exchange`          | system_ij ← y_i (x_j − x_i), leak_i ← −y_i x_i: the adjoint of S                     |
 * | `gammaExchange`     | system_ij ← y_i (left_j − centre_i)(right_j − centre'_i): that of gamma's weights    |
 * | `exitsExchange`     | system_ij ← y_i for absorbing j, or those listed: that of exits                      |
 * | `stepExchange`      | system_ij ← y_i x_j: that of step                                                   |
 * | `killAdjoint`       | vector ← scale · leak of a system                                                    |
 * | `dot`               | scalar ← scale · left · right                                                        |
 * | `combine`           | scalar ← l + r, l − r, l r or l / r of scalars                                        |
 * | `number`            | scalar ← a constant                                                                  |
 * | `defect`            | scalar ← the mass at zero; with a list, that on those absorbing vertices               |
 * | `…Tangent`          | the derivative of `system`, `reward`, `initial`, `defect` in a direction of θ        |
 * | `pull…`             | outputs += (∂ system, reward, initial, defect / ∂θ)ᵀ adjoint, one per parameter      |
 * | `pull…Tangent`      | the derivative of that in a direction, for formulas that are not affine              |
 * | `output`            | one output ← a scalar                                                                |
 * | `outputVector`      | outputs ← a vector, by vertex                                                        |
 * | `outputVisits`      | outputs += expected visits by vertex: y_v λ_v (discrete y_v), at absorbing Σ_i y_i w_iv |
 */
export type CombineOperation = "sum" | "difference" | "product" | "quotient";

/** Which output a step writes. */
export interface OutputPlace {
  /** Index of the (first) value. */
  readonly value: number;
  /** Direction of θ whose derivative is written; absent for the value itself. */
  readonly direction?: number;
}

export type Step =
  | { readonly op: "system"; readonly to: number }
  | { readonly op: "systemTangent"; readonly to: number; readonly direction: number }
  | {
      readonly op: "kill";
      readonly to: number;
      readonly system: number;
      readonly vector: number;
      readonly scale: number;
    }
  | { readonly op: "sum"; readonly to: number; readonly left: number; readonly right: number }
  | { readonly op: "ones"; readonly to: number }
  | { readonly op: "indicator"; readonly to: number; readonly vertices: readonly number[] }
  | { readonly op: "reward"; readonly to: number; readonly reward: string }
  | { readonly op: "rewardTangent"; readonly to: number; readonly reward: string; readonly direction: number }
  | { readonly op: "initial"; readonly to: number }
  | { readonly op: "initialTangent"; readonly to: number; readonly direction: number }
  | { readonly op: "exits"; readonly to: number; readonly system: number; readonly vertices?: readonly number[] }
  | {
      readonly op: "multiply";
      readonly to: number;
      readonly left: number;
      readonly right: number;
      readonly scale: number;
    }
  | { readonly op: "add"; readonly to: number; readonly left: number; readonly right: number; readonly scale: number }
  | { readonly op: "stretch"; readonly to: number; readonly vector: number; readonly scalar: number }
  | {
      readonly op: "solve" | "solveTransposed" | "apply" | "applyTransposed" | "step" | "stepTransposed";
      readonly to: number;
      readonly system: number;
      readonly vector: number;
    }
  | {
      readonly op: "gamma";
      readonly to: number;
      readonly system: number;
      readonly left: Centred;
      readonly right: Centred;
    }
  | {
      readonly op: "gammaTransposed" | "gammaCentre";
      readonly to: number;
      readonly system: number;
      readonly vector: number;
      readonly right: Centred;
    }
  | { readonly op: "exchange" | "stepExchange"; readonly to: number; readonly left: number; readonly right: number }
  | {
      readonly op: "gammaExchange";
      readonly to: number;
      readonly vector: number;
      readonly left: Centred;
      readonly right: Centred;
    }
  | {
      readonly op: "exitsExchange";
      readonly to: number;
      readonly vector: number;
      readonly vertices?: readonly number[];
    }
  | { readonly op: "killAdjoint"; readonly to: number; readonly system: number; readonly scale: number }
  | { readonly op: "dot"; readonly to: number; readonly left: number; readonly right: number; readonly scale: number }
  | {
      readonly op: "combine";
      readonly to: number;
      readonly operation: CombineOperation;
      readonly left: number;
      readonly right: number;
      /** Of a quick program: a difference that is smaller than its operands by more than this is not to be used. */
      readonly limit?: number;
    }
  | { readonly op: "number"; readonly to: number; readonly value: number }
  | { readonly op: "defect"; readonly to: number; readonly vertices?: readonly number[] }
  | {
      readonly op: "defectTangent";
      readonly to: number;
      readonly direction: number;
      readonly vertices?: readonly number[];
    }
  | {
      readonly op: "pullDefect";
      readonly scalar: number;
      readonly value: number;
      readonly vertices?: readonly number[];
    }
  | {
      readonly op: "pullDefectTangent";
      readonly scalar: number;
      readonly tangent: number;
      readonly value: number;
      readonly direction: number;
      readonly vertices?: readonly number[];
    }
  | { readonly op: "pullSystem"; readonly system: number; readonly value: number }
  | {
      readonly op: "pullSystemTangent";
      readonly system: number;
      readonly tangent: number;
      readonly value: number;
      readonly direction: number;
    }
  | { readonly op: "pullReward"; readonly vector: number; readonly reward: string; readonly value: number }
  | {
      readonly op: "pullRewardTangent";
      readonly vector: number;
      readonly tangent: number;
      readonly reward: string;
      readonly value: number;
      readonly direction: number;
    }
  | { readonly op: "pullInitial"; readonly vector: number; readonly value: number }
  | {
      readonly op: "pullInitialTangent";
      readonly vector: number;
      readonly tangent: number;
      readonly value: number;
      readonly direction: number;
    }
  | ({ readonly op: "output"; readonly scalar: number } & OutputPlace)
  | ({ readonly op: "outputVector"; readonly vector: number } & OutputPlace)
  | ({ readonly op: "outputVisits"; readonly system: number; readonly vector: number } & OutputPlace)
  | ({ readonly op: "outputStart" } & OutputPlace);

/** A vector and the vector of what it is compared with at the source of an edge. */
export interface Centred {
  readonly vector: number;
  readonly centre: number;
}

export interface Program {
  readonly quantity: string;
  readonly vectorCount: number;
  readonly systemCount: number;
  readonly scalarCount: number;
  /** The models it is for; absent where it is for both. */
  readonly kind?: "continuous" | "discrete";
  /** Number of values; `vertices`: one per vertex. */
  readonly valueCount: number | "vertices";
  /**
   * What outputs are: the values; their derivatives, value × parameter; or derivatives of the gradient of value 0 in
   * direction 0, one per parameter.
   */
  readonly outputs: "values" | "gradients" | "hessianVector";
  /** Its values cancel, so that double precision would lose them on stiff models; derivatives always do. */
  readonly precise?: true;
  /**
   * The same values in double precision by a shorter way, sound for lanes whose differences keep within their limits: for
   * backends that can tell.
   */
  readonly quick?: Program;
  readonly steps: readonly Step[];
}
