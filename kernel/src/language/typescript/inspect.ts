/** What is known of a place in the edited cell: the type of a name, or the signature of the call around it. */
import ts from "typescript";
import type { Insight } from "../messages.js";
import type { CellFile } from "./notebook.js";

const NAME_BEFORE = /[\p{ID_Continue}$]$/u;
const NAME_AFTER = /^[\p{ID_Continue}$]/u;
const OVERLOADS_MAX = 6;

export function inspect(service: ts.LanguageService, file: CellFile, cursor: number): Insight | undefined {
  const { source, offset, path } = file;
  const onName = NAME_BEFORE.test(source.slice(0, cursor)) || NAME_AFTER.test(source.slice(cursor));
  // Behind the last letter of a name the person still means it.
  const at = NAME_AFTER.test(source.slice(cursor)) ? cursor : Math.max(0, cursor - 1);
  const named = onName ? quickInfo(service, path, offset + at) : undefined;
  return named ?? call(service, path, offset + cursor) ?? (onName ? undefined : quickInfo(service, path, offset + at));
}

function quickInfo(service: ts.LanguageService, path: string, at: number): Insight | undefined {
  const info = service.getQuickInfoAtPosition(path, at);
  if (!info) return undefined;
  const signature = plain(ts.displayPartsToString(info.displayParts));
  // A name that is nowhere is of type any, and nothing else is said of it.
  if (signature === "" || signature === "any") return undefined;
  return { signature, documentation: asMarkdown(info.documentation, info.tags), isName: true };
}

/** Signatures of the function whose arguments are being written, the fitting one first. */
function call(service: ts.LanguageService, path: string, at: number): Insight | undefined {
  const help = service.getSignatureHelpItems(path, at, undefined);
  if (!help) return undefined;
  const { items, selectedItemIndex, argumentIndex } = help;
  const selected = items[selectedItemIndex] ?? items[0];
  if (!selected) return undefined;
  const ordered = [selected, ...items.filter((item) => item !== selected)].slice(0, OVERLOADS_MAX);
  const parameter = selected.parameters[Math.min(argumentIndex, selected.parameters.length - 1)];
  const about = parameter ? ts.displayPartsToString(parameter.documentation) : "";
  const documentation = [
    ...(parameter ? [`**${parameter.name}**${about === "" ? "" : `: ${about}`}`] : []),
    asMarkdown(
      selected.documentation,
      selected.tags.filter(({ name }) => name !== "param"),
    ),
  ];
  return {
    signature: ordered.map(signatureText).join("\n"),
    documentation: documentation.filter((text) => text !== "").join("\n\n"),
    isName: false,
  };
}

function signatureText(item: ts.SignatureHelpItem): string {
  const parameters = item.parameters.map(({ displayParts }) => ts.displayPartsToString(displayParts));
  const [before, between, after] = [item.prefixDisplayParts, item.separatorDisplayParts, item.suffixDisplayParts].map(
    (parts) => ts.displayPartsToString(parts),
  );
  return plain(before + parameters.join(between) + after);
}

/** Without what the kernel's own modules add: names of other cells are imported behind the scenes. */
export function plain(text: string): string {
  return text
    .replace(/^\(alias\) /, "")
    .replace(/(?<=Array)<ArrayBufferLike>/g, "")
    .replace(/\nimport [\p{ID_Continue}$]+$/u, "")
    .replace(/import\("[^"]*\^[^"]*"\)\./g, "")
    .replace(/typeof import\("[^"]*\^[^"]*"\)/g, "module");
}

/** Comments as Markdown, with their tags. */
export function asMarkdown(
  documentation: readonly ts.SymbolDisplayPart[] | undefined,
  tags: readonly ts.JSDocTagInfo[] | undefined,
): string {
  const text = ts.displayPartsToString(documentation ? [...documentation] : undefined);
  const lines = (tags ?? []).map(({ name, text: parts }) => {
    const about = ts.displayPartsToString(parts ? [...parts] : undefined);
    return about === "" ? `*@${name}*` : `*@${name}* ${about}`;
  });
  return [text, ...lines].filter((part) => part !== "").join("\n\n");
}
