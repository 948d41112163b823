/**
 * Command lines of `npm start`, `npm test` and `npm run build`. Where a person forgot the `--`, npm takes the options for
 * its own: a flag arrives as `npm_config_flag=true` and its value as a bare argument. Both forms mean the same here.
 */
import { failures } from "./failure.mjs";

/**
 * @typedef {{ name: string, value?: string, fits?: (text: string) => boolean }} Option
 *   `value` names the value in messages; `fits` recognises a value that npm separated from its flag.
 */

/** Reads options that npm swallowed back from its environment, as if they had been written after a `--`. */
function unswallow(argv, env, options) {
  if (env.npm_lifecycle_event === undefined) return argv;
  const bare = [...argv];
  const back = [];
  for (const { name, value, fits } of options) {
    const negative = name.startsWith("no-");
    const setting = env[`npm_config_${(negative ? name.slice(3) : name).replaceAll("-", "_")}`];
    if (setting === undefined || argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))) continue;
    if (value === undefined) {
      if (negative ? setting === "false" || setting === "" : setting === "true") back.push(`--${name}`);
    } else if (setting === "true") {
      const at = bare.findIndex((word) => fits(word));
      back.push(`--${name}`, ...(at >= 0 ? bare.splice(at, 1) : []));
    } else if (fits(setting)) {
      back.push(`--${name}=${setting}`);
    }
  }
  return [...back, ...bare];
}

/**
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} env
 * @param {Option[]} options
 * @param {string} command whose `--help` a mistake points to
 * @returns {Record<string, string | true>}
 */
export function parseArguments(argv, env, options, command = "npm start") {
  const parsed = {};
  const words = unswallow(argv, env, options);
  while (words.length > 0) {
    const word = words.shift();
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = options.find((known) => known.name === name);
    if (option === undefined) throw failures.usage(`Cannot understand ${word}`, command);
    if (option.value === undefined) {
      if (inline !== undefined) throw failures.usage(`--${name} takes no value`, command);
      parsed[name] = true;
      continue;
    }
    const value = inline ?? words.shift();
    if (value === undefined || !option.fits(value)) {
      const got = value === undefined ? "" : ` and got ${value}`;
      throw failures.usage(`--${name} needs ${option.value}${got}`, command);
    }
    parsed[name] = value;
  }
  return parsed;
}

/** The environment for programs that we start: without the options that npm took for its own. */
export function withoutSwallowed(env, options) {
  const clean = { ...env };
  for (const { name } of options) delete clean[`npm_config_${name.replace(/^no-/, "").replaceAll("-", "_")}`];
  return clean;
}
