/** Where a person's data go, on each platform. */
import { expect, it } from "vitest";
import { dataFolder } from "./data-folder.js";

it("follows the custom of the platform and the person's own wish", () => {
  const at = (platform: NodeJS.Platform, environment: Record<string, string> = {}) =>
    dataFolder({ environment, platform, home: "/home/ada" });
  expect(at("linux")).toBe("/home/ada/.local/share/sojourn");
  expect(at("linux", { XDG_DATA_HOME: "/data" })).toBe("/data/sojourn");
  expect(at("linux", { XDG_DATA_HOME: "relative" })).toBe("/home/ada/.local/share/sojourn");
  expect(at("darwin", { XDG_DATA_HOME: "/data" })).toBe("/home/ada/Library/Application Support/sojourn");
  expect(at("linux", { SOJOURN_DATA_DIR: "/own" })).toBe("/own");
});
