// Refuses an old Node before loading what an old Node could not even parse; plain ES5 for that reason.
var major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(
    "sojourn: cannot start: Node " +
      process.versions.node +
      " is too old and 20 is needed; set SOJOURN_NODE to a newer one",
  );
  process.exit(1);
}
require("./supervisor.cjs");
