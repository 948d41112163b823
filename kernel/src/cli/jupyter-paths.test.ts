/** Jupyter's folders by platform and environment, as jupyter_core 5.9 gives them. */
import { describe, expect, it } from "vitest";
import { activePrefix, prefixAround, type Surroundings, searchPath, userFolder } from "./jupyter-paths.js";

const at = (environment: Record<string, string> = {}, platform: NodeJS.Platform = "linux"): Surroundings => ({
  environment,
  platform,
  home: "/home/ada",
});

describe("Jupyter's folders", () => {
  it("of a person", () => {
    expect(userFolder(at())).toBe("/home/ada/.local/share/jupyter");
    expect(userFolder(at({ XDG_DATA_HOME: "/data" }))).toBe("/data/jupyter");
    expect(userFolder(at({ JUPYTER_DATA_DIR: "/own", XDG_DATA_HOME: "/data" }))).toBe("/own");
    expect(userFolder(at({}, "darwin"))).toBe("/home/ada/Library/Jupyter");
    expect(userFolder(at({ JUPYTER_PLATFORM_DIRS: "1" }, "darwin"))).toBe(
      "/home/ada/Library/Application Support/Jupyter",
    );
  });

  it("in the order in which they are looked through", () => {
    const system = ["/usr/local/share/jupyter", "/usr/share/jupyter"];
    const user = "/home/ada/.local/share/jupyter";
    expect(searchPath(at())).toEqual([user, ...system]);
    expect(searchPath(at({ VIRTUAL_ENV: "/v", JUPYTER_PATH: "/a:/b" }))).toEqual([
      ...["/a", "/b", "/v/share/jupyter", user],
      ...system,
    ]);
    expect(searchPath(at({ CONDA_PREFIX: "/c", JUPYTER_PREFER_ENV_PATH: "0" }))).toEqual([
      ...[user, "/c/share/jupyter"],
      ...system,
    ]);
    expect(searchPath({ ...at(), ownPrefix: "/p" })[0]).toBe("/p/share/jupyter");
  });

  it("around this command", () => {
    expect(prefixAround("/v/share/jupyter/kernels/sojourn")).toBe("/v");
    expect(prefixAround("/checkout/kernel/dist/kernelspec")).toBeUndefined();
    expect(activePrefix({ ...at(), ownPrefix: "/p" })).toBe("/p");
  });
});
