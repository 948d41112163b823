/** The model that a new notebook begins with, and that a command puts into one: short, complete, and to be changed. */
export const MODEL_TEMPLATE = `const coalescent = defineModel({
  name: "coalescent",
  parameters: ["rate"],
  inputs: { n: 10 },
  initial: ({ n }) => [n],
  transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate: rate.times((k * (k - 1)) / 2) }] : []),
  rewards: { branchLength: ([k]) => k },
});

const ph = await coalescent.build({ n: 10 });
await ph.mean({ rate: 1 })`;
