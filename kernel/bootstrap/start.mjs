/**
 * `npm start`: the one entry. It only checks Node, and is written in syntax that Node has understood since it knew
 * modules, so that an old Node reads this file and prints one sentence instead of a syntax error. Everything else is
 * imported after the check; nothing here may use newer syntax or import a file statically.
 */
var parts = process.versions.node.split(".").map(Number);

if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 11)) {
  console.error(
    "Sojourn needs Node 20.11 or newer and this is Node " +
      process.versions.node +
      "; install a newer Node and start again.",
  );
  process.exitCode = 1;
} else {
  import("./main.mjs").then((main) => main.main(process.argv.slice(2)));
}
