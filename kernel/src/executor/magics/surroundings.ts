/** Magics about where a cell runs: folder, environment, versions, files, starting again. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { InputError } from "@sojourn/engine/errors";
import { fs } from "@sojourn/engine/file-system";
import { MAGICS } from "../../source/magics.js";
import { heapLimitMegabytes } from "../heap.js";
import type { Magic } from "./magic.js";

/** Values of variables with such names are not listed, because outputs are kept in notebooks. */
const SECRET = /key|token|secret|passw|credential|auth/i;

const fault = (message: string): InputError => new InputError("magic-argument", message);

/** `~` and quotes as a shell takes them. */
function pathOf(argument: string): string {
  const bare = /^(["'])(.*)\1$/.exec(argument)?.[2] ?? argument;
  return resolve(bare.replace(/^~(?=$|\/)/, homedir()));
}

export const cd: Magic = ({ line, print }) => {
  if (line.argument !== "") {
    const folder = pathOf(line.argument);
    try {
      process.chdir(folder);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const state =
        code === "ENOENT" ? "there is no such folder" : code === "ENOTDIR" ? "it is not a folder" : (code ?? message);
      throw fault(`Cannot change to ${folder}: ${state}.`);
    }
  }
  print(`${process.cwd()}\n`);
  return undefined;
};

export const env: Magic = ({ line, print }) => {
  const { argument } = line;
  if (argument === "") {
    const shown = Object.entries(process.env).toSorted(([a], [b]) => (a < b ? -1 : 1));
    print(shown.map(([name, value]) => `${name}=${SECRET.test(name) ? "(hidden)" : value}\n`).join(""));
    return undefined;
  }
  const set = /^([A-Za-z_]\w*)\s*(?:=|\s)\s*(.*)$/.exec(argument);
  if (set) {
    const [, name = "", value = ""] = set;
    process.env[name] = /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
    return undefined;
  }
  const value = process.env[argument];
  if (value === undefined) throw fault(`Cannot show ${argument}: there is no such variable of the environment.`);
  print(`${value}\n`);
  return undefined;
};

export const info: Magic = ({ order, print }) => {
  const rows: Record<string, string> = {
    ...order.about,
    Node: `${process.versions.node} (V8 ${process.versions.v8}), ${process.platform} ${process.arch}`,
    folder: process.cwd(),
    "heap limit": `${heapLimitMegabytes()} MB`,
    "process of cells": String(process.pid),
  };
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  print(
    Object.entries(rows)
      .map(([name, value]) => `${name.padEnd(width)}  ${value}\n`)
      .join(""),
  );
  return undefined;
};

export const load: Magic = ({ line, wishes, print }) => {
  if (line.argument === "") throw fault("Cannot load a file: %load needs its name.");
  const path = pathOf(line.argument);
  let text: string;
  try {
    text = fs.readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const state =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : (code ?? message);
    throw fault(`Cannot load ${path}: ${state}.`);
  }
  wishes.payload.push({ source: "set_next_input", text: `// %load ${line.argument}\n${text}`, replace: true });
  print(`${path}, ${text.split("\n").length} lines\n`);
  return undefined;
};

export const reset: Magic = ({ wishes, print }) => {
  wishes.restart = {};
  print("Variables are gone.\n");
  return undefined;
};

export const magics: Magic = ({ print }) => {
  print(
    Object.values(MAGICS)
      .map((help) => `${help}\n`)
      .join(""),
  );
  return undefined;
};

/** The supervisor, which checks types, has read the line before the cell was run; here it is answered. */
export const types: Magic = ({ line, order, print }) => {
  if (!/^(?:on|strict|off)?$/.test(line.argument)) {
    throw fault(`Cannot set types to ${line.argument}: it is one of on, strict and off.`);
  }
  print(`${order.about.types ?? "off"}\n`);
  return undefined;
};
