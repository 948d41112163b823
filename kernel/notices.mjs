/** The licences of what a bundle holds, as one text: many of them ask to be handed on with it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/** The folder of the package that a bundled file came from; undefined of our own. */
function packageOf(root, file) {
  const at = file.lastIndexOf(`node_modules${sep}`);
  if (at < 0) return undefined;
  const parts = file.slice(at + `node_modules${sep}`.length).split(sep);
  const name = parts[0].startsWith("@") ? parts.slice(0, 2) : parts.slice(0, 1);
  return join(root, file.slice(0, at), "node_modules", ...name);
}

/** `metafiles` are esbuild's; `more` are packages whose files are copied as they are. Paths in metafiles are relative to `root`. */
export function thirdPartyNotices(root, metafiles, more) {
  const folders = new Set(more.map((manifest) => dirname(manifest)));
  for (const { inputs } of metafiles)
    for (const file of Object.keys(inputs)) {
      const folder = packageOf(root, file.split("/").join(sep));
      if (folder !== undefined && existsSync(join(folder, "package.json"))) folders.add(folder);
    }
  const packages = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)(\.|$|-)/i.test(one));
    const text =
      file === undefined
        ? "Its package carries no text of the licence."
        : readFileSync(join(folder, file), "utf8").trim();
    return { title: `${name} ${version} (${license ?? "see its text"})`, text };
  });
  packages.sort((a, b) => (a.title < b.title ? -1 : 1));
  const each = packages.filter(({ title }, i) => title !== packages[i - 1]?.title);
  return `What these files hold besides Sojourn, with its licences.\n\n${each
    .map(({ title, text }) => `${"=".repeat(78)}\n${title}\n${"=".repeat(78)}\n\n${text}\n`)
    .join("\n")}`;
}
