/**
 * Small models printed through every stage, kept as files and read in review. A change that means to change them is
 * written by `npx vitest run test/golden --update`.
 */
import { openEngine, schemas } from "@sojourn/engine";
import { expect, it } from "vitest";
import { sojourn, temporaryFolder } from "../support/sojourn.js";

const cacheDirectory = temporaryFolder("golden");

it.each(["rabbits:2", "coalescent:4", "block-coalescent:4", "two-island:2,1", "stepping-stone:4"])(
  "%s through all stages",
  async (model) => {
    const { code, stdout } = await sojourn(["show", model, "--stage", "graph,trace,program,wasm"], { cacheDirectory });
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`stages/${model.replace(":", "-").replace(",", "-")}.txt`);
  },
);

it("every kind of program", async () => {
  const programs = [];
  for (const quantity of ["moments", "covariance", "sojourn", "gradient", "hessian-vector"])
    programs.push(
      (await sojourn(["show", "coalescent:3", "--stage", "program", "--quantity", quantity], { cacheDirectory }))
        .stdout,
    );
  await expect(programs.join("\n")).toMatchFileSnapshot("stages/programs.txt");
});

it("a miss and a hit of the cache print the same stages", async () => {
  const own = { cacheDirectory: temporaryFolder("golden-twice") };
  const first = await sojourn(["show", "rabbits:3"], own);
  const second = await sojourn(["show", "rabbits:3"], own);
  expect(second.stdout).toBe(first.stdout);
  const engine = openEngine(own);
  expect((await engine.families.rabbits.build({ N: 3 })).caches).toMatchObject({
    graph: { outcome: "hit" },
    trace: { outcome: "hit" },
  });
});

it.each(Object.entries(schemas()))("the published schema of a %s", async (name, schema) => {
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../engine/schemas/${name}.schema.json`);
});
