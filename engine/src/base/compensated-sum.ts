/**
 * Neumaier's compensated sum (1974): what rounding takes from each addition is summed beside it, so that terms that
 * cancel, or many small ones, cost no digits.
 */
export class CompensatedSum {
  #sum = 0;
  #rest = 0;

  add(term: number): void {
    const next = this.#sum + term;
    this.#rest += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - next + term : term - next + this.#sum;
    this.#sum = next;
  }

  get sum(): number {
    return this.#sum + this.#rest;
  }
}
