/** Two set-ups in one folder: they wait for each other, and outlive each other's death. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { alive, drive, pause, temporary, waitUntil } from "./support.mjs";

/** What holders noted so far. */
const entries = (journal) => (existsSync(journal) ? readFileSync(journal, "utf8").trimEnd().split("\n") : []);

/** Every holder went before the next came. */
function assertApart(lines) {
  for (let at = 0; at < lines.length; at += 2) {
    assert.match(lines[at], /^in /);
    assert.equal(lines[at + 1], lines[at].replace("in", "out"));
  }
}

test("of two that ask at the same moment one gets the lock", async (t) => {
  const root = temporary(t);
  const journal = join(root, "journal");
  const first = String(Date.now() + 500);
  const both = [1, 2].map(() => drive(t, root, "race", {}, journal, first, "300", "15"));
  assert.deepEqual(await Promise.all(both.map(({ ended }) => ended)), [0, 0]);
  assert.equal(entries(journal).length, 2 * 15 * 2);
  assertApart(entries(journal));
});

test("only one of several holds the lock, and each gets it", async (t) => {
  const root = temporary(t);
  const journal = join(root, "journal");
  const holders = Array.from({ length: 5 }, () => drive(t, root, "hold", {}, journal, "30", "6"));
  assert.deepEqual(await Promise.all(holders.map(({ ended }) => ended)), [0, 0, 0, 0, 0]);
  const lines = entries(journal);
  assert.equal(lines.length, 5 * 6 * 2);
  assertApart(lines);
});

test("who waits says for whom, and goes on when the other is done", async (t) => {
  const root = temporary(t);
  const journal = join(root, "journal");
  const first = drive(t, root, "hold", {}, journal, "1500");
  await waitUntil(() => entries(journal).length === 1, "the first holds");
  const second = drive(t, root, "hold", {}, journal, "1");
  await second.until(new RegExp(`waiting for another start \\(process ${first.pid}\\) that is setting up this folder`));
  assert.equal(await second.ended, 0);
  assert.deepEqual(entries(journal), [`in ${first.pid}`, `out ${first.pid}`, `in ${second.pid}`, `out ${second.pid}`]);
});

test("a killed holder is succeeded at once, and what it left running is ended", async (t) => {
  const root = temporary(t);
  const first = drive(t, root, "holdRunning", {}, "sh", "-c", 'echo $$ > "$0"; exec sleep 600', join(root, "pid"));
  const note = join(root, "pid");
  await waitUntil(() => existsSync(note) && readFileSync(note, "utf8").endsWith("\n"), "the command runs");
  const left = Number(readFileSync(note, "utf8"));
  // the command may be quicker than the holder, which notes what it has started
  const lock = join(root, ".sojourn", "lock", "1.json");
  await waitUntil(() => readFileSync(lock, "utf8").includes(`"child":{"pid":${left},`), "the holder noted it");
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  assert.ok(alive(left), "nobody ended it yet");
  const started = performance.now();
  const second = drive(t, root, "hold", {}, join(root, "journal"), "1");
  assert.equal(await second.ended, 0);
  assert.ok(performance.now() - started < 5000);
  assert.match(second.output, new RegExp(`ending process ${left}, which an interrupted start left running`));
  assert.ok(!alive(left));
});

test("a holder on another machine counts as long as its heart beats", async (t) => {
  const root = temporary(t);
  const file = join(root, ".sojourn", "lock", "7.json");
  mkdirSync(join(root, ".sojourn", "lock"), { recursive: true });
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: "1", machine: "elsewhere" }));
  const waiting = drive(t, root, "hold", {}, join(root, "journal"), "1");
  await waiting.until(/waiting for another start/);
  await pause(1000);
  assert.ok(!waiting.output.includes("done"), "its heart beat a second ago");
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(file, longAgo, longAgo);
  assert.equal(await waiting.ended, 0);
});

test("Ctrl-C while waiting ends the wait", async (t) => {
  const root = temporary(t);
  const journal = join(root, "journal");
  drive(t, root, "hold", {}, journal, "20000");
  await waitUntil(() => entries(journal).length === 1, "the first holds");
  const second = drive(t, root, "hold", {}, journal, "1");
  await second.until(/waiting/);
  process.kill(second.pid, "SIGINT");
  assert.equal(await second.ended, 130);
  assert.match(second.output, /Stopped before the set-up was complete/);
});
