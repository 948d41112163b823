/**
 * Random numbers by counter: the block of a stream is a pure function of seed, stream and position, so that draws depend
 * neither on the order in which samples are drawn nor on how many threads draw them. The function is Philox4x32-10
 * (Salmon, Moraes, Dror & Shaw 2011, doi 10.1145/2063384.2063405): ten rounds of two 32 × 32 → 64 bit products.
 *
 * | words of the state | hold |
 * |---|---|
 * | 0, 1 | key: seed, low word first |
 * | 2, 3 | counter: number of the next block in the stream, low word first |
 * | 4, 5 | counter: stream, low word first |
 * | 6 … 9 | the block drawn last |
 * | 10 | words of that block already used, 4 when none is left |
 */
import { InputError } from "./errors.js";

export interface RandomStream {
  /** Eleven words, see the head of this file. */
  readonly state: Uint32Array;
}

const STATE_WORDS = 11;
const WORD = 2 ** 32;

/** A stream at its beginning. Seed and stream are whole numbers from 0 to 2⁵³ − 1. Throws `InputError`. */
export function openRandomStream(seed: number, stream = 0): RandomStream {
  checkWhole("the seed", seed);
  const random = { state: new Uint32Array(STATE_WORDS) };
  random.state[0] = seed;
  random.state[1] = Math.floor(seed / WORD);
  selectStream(random, stream);
  return random;
}

/** Goes to the beginning of another stream of the same seed; cheaper than to open one. */
export function selectStream(random: RandomStream, stream: number): void {
  checkWhole("the stream", stream);
  const { state } = random;
  state[2] = 0;
  state[3] = 0;
  state[4] = stream;
  state[5] = Math.floor(stream / WORD);
  state[10] = 4;
}

function checkWhole(what: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new InputError(
      "bad-seed",
      `Cannot draw random numbers: ${what} must be a whole number from 0 to 2^53 - 1 and is ${String(value)}.`,
    );
}

/**
 * The next number of the stream, uniform on the open interval (0, 1): k·2⁻⁵³ with k from 1 to 2⁵³ − 1, and 2⁻⁵⁴ for
 * k = 0, so that its logarithm is finite and below zero. Two numbers to a block.
 */
export function uniform(random: RandomStream): number {
  const { state } = random;
  if (state[10] > 2) nextBlock(state);
  const at = 6 + state[10];
  state[10] += 2;
  return fromWords(state[at], state[at + 1]);
}

/** 53 bits of two words. */
export function fromWords(low: number, high: number): number {
  const k = (high >>> 5) * 0x4000000 + (low >>> 6);
  return (k === 0 ? 0.5 : k) * 2 ** -53;
}

/** Exponential with mean 1, by inversion: −log u, above 0 and at most 54·log 2. */
export const exponential = (random: RandomStream): number => -Math.log(uniform(random));

function nextBlock(state: Uint32Array): void {
  philox4x32(state);
  if (++state[2] === WORD) state[3]++;
  state[10] = 0;
}

/** Words 6 … 9 from key (words 0, 1) and counter (words 2 … 5). */
export function philox4x32(state: Uint32Array): void {
  let k0 = state[0] | 0;
  let k1 = state[1] | 0;
  let c0 = state[2] | 0;
  let c1 = state[3] | 0;
  let c2 = state[4] | 0;
  let c3 = state[5] | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = highWord(0xd251, 0x1f53, c0);
    const high1 = highWord(0xcd9e, 0x8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  state[6] = c0;
  state[7] = c1;
  state[8] = c2;
  state[9] = c3;
}

/** Upper 32 bits of (a1·2¹⁶ + a0)·b by halves: JavaScript multiplies 32 bits exactly, 64 it does not. */
function highWord(a1: number, a0: number, b: number): number {
  const b1 = b >>> 16;
  const b0 = b & 0xffff;
  const p = Math.imul(a0, b1);
  const q = Math.imul(a1, b0);
  const middle = (Math.imul(a0, b0) >>> 16) + (p & 0xffff) + (q & 0xffff);
  return (Math.imul(a1, b1) + (p >>> 16) + (q >>> 16) + (middle >>> 16)) | 0;
}
