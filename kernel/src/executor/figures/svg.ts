/** Small pieces of SVG text. */

/** Okabe and Ito's colours, distinguishable with every common colour vision. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const;

export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

/** As text of an element or value of an attribute; characters that XML forbids are left out. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; numbers with two decimals, attributes that are undefined left out. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? round(value) : escapeXml(value!)}"`)
    .join("");
  return content === "" ? `<${name}${text}/>` : `<${name}${text}>${content}</${name}>`;
}

export function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
