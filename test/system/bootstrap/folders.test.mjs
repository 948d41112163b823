/** Folders that cannot be used: real file systems, mounted where only the test's own processes see them. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { cannotMount, checkout, DRIVE, finish, needOnly, plainEnvironment, skeleton, temporary } from "./support.mjs";

const skip = cannotMount();

/** Copies a folder onto a fresh file system in a mount namespace of its own, and runs a command there. */
async function onFileSystem(t, source, { options, after = "true", command, env = {} }) {
  const mount = join(temporary(t), "here");
  mkdirSync(mount);
  const script = `mount -t tmpfs -o ${options} tmpfs "$0" && cp -R "$1/." "$0" && (${after}) && cd "$0" && shift && "$@"`;
  const args = ["-m", "sh", "-c", script, mount, source, ...command(mount)];
  return { mount, ...(await finish(t, "unshare", args, { env: plainEnvironment(env) })) };
}

const starting = (mount) => [
  process.execPath,
  join(mount, "kernel", "bootstrap", "start.mjs"),
  "--run",
  join(mount, "notebooks", "empty.ipynb"),
];
const driving = (step) => (mount) => [process.execPath, DRIVE, mount, step];

test("a read-only folder", { skip }, async (t) => {
  const { code, output, mount } = await onFileSystem(t, skeleton(t), {
    options: "size=16m",
    after: 'mount -o remount,ro "$0"',
    command: starting,
  });
  assert.equal(
    output,
    `Cannot write into ${mount}: the folder is read-only or belongs to another user (EROFS); use a copy of Sojourn in a folder of your own.\n`,
  );
  assert.equal(code, 1);
});

test("a folder from which no program may run", { skip }, async (t) => {
  const { code, output, mount } = await onFileSystem(t, skeleton(t), { options: "size=16m,noexec", command: starting });
  assert.equal(
    output,
    `Cannot run programs from ${mount}: its file system is mounted noexec; move Sojourn to a folder that allows programs.\n`,
  );
  assert.equal(code, 1);
});

test("a full disk at the first write", { skip }, async (t) => {
  const { code, output, mount } = await onFileSystem(t, skeleton(t), {
    options: "size=16m",
    after: 'head -c 32m /dev/zero > "$0/rest" 2>/dev/null; true',
    command: starting,
  });
  assert.equal(
    output,
    `Cannot write into ${mount}: the disk is full or the quota is used up (ENOSPC); free about 1.5 GB and start again.\n`,
  );
  assert.equal(code, 1);
});

test("a disk that npm fills", { skip }, async (t) => {
  const root = temporary(t);
  needOnly(root, ["typescript"]);
  const { code, output } = await onFileSystem(t, root, { options: "size=4m", command: driving("packages") });
  assert.match(
    output,
    /^full: Cannot install the Node packages: the disk is full or the quota is used up \(ENOSPC\);/m,
  );
  assert.equal(code, 1);
});

test("a disk that pip fills", { skip }, async (t) => {
  const root = temporary(t);
  cpSync(join(checkout, "kernel", "bootstrap"), join(root, "kernel", "bootstrap"), { recursive: true });
  const { code, output } = await onFileSystem(t, root, { options: "size=4m", command: driving("environment") });
  assert.match(
    output,
    /^full: Cannot install pip: the disk is full or the quota is used up \(No space left on device\);/m,
  );
  assert.doesNotMatch(output, /fetching pip/, "no use in asking the network");
  assert.equal(code, 1);
});
