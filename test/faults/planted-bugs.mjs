/**
 * Bugs that somebody could make in the store, each as changes of its sources: text that stands there once, and what to put in its
 * place. `planted.mjs` plants one after another and sees whether the tests notice.
 */

/** A change by which nothing is done where something was. */
const without = (file, find, instead = "") => ({ file, find, replace: instead });

export const BUGS = [
  ["a file is not synced before it gets its name", without("publish.ts", "    if (durable) await handle.sync();\n")],
  [
    "the folder is not synced before an entry is reported",
    without(
      "publish.ts",
      "if (place.durable) await syncFolder(files, folder);\n        return { bytes: parts",
      "return { bytes: parts",
    ),
  ],
  [
    "names of folders that were there are not synced",
    without("publish.ts", "      if (durable) await keepNames(place, path);\n      return;", "      return;"),
  ],
  [
    "the folder is not synced when somebody else's file is there",
    without(
      "publish.ts",
      "        if (place.durable) await syncFolder(files, folder);\n        return { bytes, fresh: false };",
      "        return { bytes, fresh: false };",
    ),
  ],
  [
    "a short write is taken for a whole one",
    without("publish.ts", "written += bytesWritten;", "written = part.length;"),
  ],
  [
    "a write of nothing is tried for ever",
    without(
      "publish.ts",
      'if (bytesWritten === 0) throw new EntryFault("short-write", "a write ended early");',
      "if (bytesWritten === 0) break;",
    ),
  ],
  [
    "an error at close is not noticed",
    without(
      "publish.ts",
      "    if (durable) await handle.sync();\n  } finally {\n    await handle.close();",
      "    if (durable) await handle.sync();\n  } finally {\n    await handle.close().catch(() => {});",
    ),
  ],
  [
    "an entry is linked before it is written",
    {
      file: "publish.ts",
      find: "    await writeNew(place, temporary, parts);\n",
      replace:
        "    const writing = writeNew(place, temporary, parts);\n    await new Promise((go) => setImmediate(go));\n    await new Promise((go) => setImmediate(go));\n",
    },
    {
      file: "publish.ts",
      find: "      if (await link(files, temporary, path)) {\n",
      replace: "      if (await link(files, temporary, path)) {\n        await writing;\n",
    },
  ],
  [
    "publishing replaces what is there",
    without("publish.ts", "await files.link(temporary, final);", "await files.rename(temporary, final);"),
  ],
  [
    "a damaged file is taken for the same",
    without(
      "publish.ts",
      '    if (error instanceof EntryFault) return "unsound";\n    throw error;\n  }\n  try {\n    return { content: decodeEntry(bytes, meta), bytes: bytes.length };\n  } catch {\n    return "unsound";',
      "    throw error;\n  }\n  try {\n    return { content: decodeEntry(bytes, meta), bytes: bytes.length };\n  } catch (error) {\n    throw error;",
    ),
  ],
  [
    "temporaries are not exclusively made",
    without("publish.ts", 'files.open(path, "wx", fileMode)', 'files.open(path, "w", fileMode)'),
  ],
  ["a link is followed", without("read.ts", " | (fs.constants.O_NOFOLLOW ?? 0)")],
  ["opening waits for the writer of a pipe", without("read.ts", " | (fs.constants.O_NONBLOCK ?? 0)")],
  [
    "whose file it is does not matter",
    without(
      "read.ts",
      'if (owner !== undefined && stat.uid !== owner) throw new EntryFault("owner", "the entry belongs to another user");',
    ),
  ],
  [
    "a short read is taken for a whole one",
    without(
      "read.ts",
      "if (bytesRead === 0) throw new ShortRead(",
      "if (bytesRead === 0) break;\n    if (read < 0) throw new ShortRead(",
    ),
  ],
  [
    "sections are not compared with their digests",
    without("entry.ts", "if (!checkBytes(checkOf(row.digest)!, payload).equals(row.digest))", "if (false)"),
  ],
  [
    "the manifest is not compared with its digest",
    without("entry.ts", "if (!digestOfBytes(bytes).equals(manifestDigest))", "if (false)"),
  ],
  [
    "the header is not compared with its digest",
    without(
      "entry.ts",
      "if (!digestOfBytes(bytes.subarray(0, 224)).equals(bytes.subarray(224, HEADER_BYTES)))",
      "if (false)",
    ),
  ],
  [
    "the key that was asked does not matter",
    without("entry.ts", "if (header.kind !== asked.kind || !header.key.equals(asked.key))", "if (false)"),
  ],
  ["a signature may stand over mere tags", without("entry.ts", 'if (signature && check !== "sha256")', "if (false)")],
  [
    "a tag is of nothing",
    without("checksum.ts", "update: (bytes) => void cipher.setAAD(bytes),", "update: (_bytes) => {},"),
  ],
  ["a section may have any shape", without("entry.ts", "!shape.every(isCount)", "false")],
  ["a section may reach beyond the file", without("entry.ts", "length > bytes.length - position", "false")],
  [
    "an entry may have been made at no time",
    without(
      "entry.ts",
      "if (!(createdMs >= 0 && createdMs < Infinity && costMs >= 0 && costMs < Infinity))",
      "if (false)",
    ),
  ],
  [
    "what a ledger says of evictions is not looked at",
    without("ledger-file.ts", "|| !evictions.every(isEviction)) fault", ") fault"),
  ],
  [
    "what is set aside is not noted",
    without(
      "folder.ts",
      '      ledger.note({ event: "removed", kind, key });\n    } catch (error) {',
      "    } catch (error) {",
    ),
  ],
  [
    "what is found there already is not noted",
    without(
      "folder.ts",
      'ledger.note({ event: fresh ? "stored" : "used", kind, key, name, bytes, costMs: meta.costMs });',
      'if (fresh) ledger.note({ event: "stored", kind, key, name, bytes, costMs: meta.costMs });',
    ),
  ],
  [
    "a look-up does not wait for its own write",
    without("folder.ts", "if (own && !(await within(own.work, OWN_WRITE_WAIT_MS)))", "if (own)"),
  ],
  [
    "what interrupted writers left is never swept",
    without("folder.ts", "if (clock() - mtimeMs < TEMPORARY_GRACE_MS) continue;", "continue;"),
  ],
  ["young temporaries are swept too", without("folder.ts", "if (clock() - mtimeMs < TEMPORARY_GRACE_MS) continue;")],
  [
    "a folder that cannot be read is taken for an empty one",
    without("folder.ts", "of filesOf(kind, ENTRY_NAME, names)) {", "of filesOf(kind, ENTRY_NAME)) {"),
  ],
  [
    "segments are removed before the base that holds them is linked",
    without(
      "ledger.ts",
      "    const placed = await write(name, {",
      "    for (const segment of now.segments.keys()) await files.unlink(pathOf(segment)).catch(() => {});\n    const placed = await write(name, {",
    ),
  ],
  [
    "a folded segment counts again",
    without(
      "ledger.ts",
      "if (!SEGMENT.test(name) || folded.has(name)) continue;",
      "if (!SEGMENT.test(name)) continue;",
    ),
  ],
  [
    "a base forgets what earlier ones had folded",
    without("ledger.ts", "      ...before.map(([name, at]): [string, number] => [name, at]),\n"),
  ],
  ["of two that fold at once both go on", without("ledger.ts", "    if (!placed) return false;\n")],
  [
    "notes that could not be written are forgotten",
    without("ledger.ts", "      notes = [...before.notes, ...notes].slice(-waitingMax);\n"),
  ],
  [
    "old bases are removed before the newest is there",
    without("ledger.ts", "for (const old of bases.slice(0, -2))", "for (const old of bases)"),
  ],
  [
    "errors are told apart by name alone",
    without("fault.ts", " || (errno !== undefined && errno === -constants.errno[name])"),
  ],
  [
    "whether the shared layer is read again goes by the wall clock",
    {
      file: "shared.ts",
      find: "if (performance.now() - readAt < REREAD_MS) return;",
      replace: "if (clock() - readAt < REREAD_MS) return;",
    },
    {
      file: "shared.ts",
      find: "        readAt = performance.now();\n        reading = undefined;",
      replace: "        readAt = clock();\n        reading = undefined;",
    },
  ],
  [
    "pinned entries are evicted",
    without(
      "evict.ts",
      "    if (columns.events[row] & (ELSEWHERE | PINNED)) continue;\n    if (now -",
      "    if (columns.events[row] & ELSEWHERE) continue;\n    if (now -",
    ),
  ],
  [
    "young entries are evicted",
    without("evict.ts", "    if (now - Math.max(columns.times[row], columns.lastUses[row]) < graceMs) continue;\n"),
  ],
].map(([name, ...edits]) => ({ name, edits }));
