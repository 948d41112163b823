/** A stream of bytes as lines of text, each as soon as it is whole. */

const NEWLINE = 0x0a;

/**
 * Lines are ended by a line feed alone, because JSON may hold every other character that some call the end of a line. The
 * last one needs none. Bytes become text line by line, so that no character is cut in two.
 */
export async function* readLines(stream: AsyncIterable<unknown>): AsyncGenerator<{ text: string; number: number }> {
  let begun: Buffer[] = [];
  let number = 0;
  const line = (): { text: string; number: number } => {
    const text = Buffer.concat(begun).toString("utf8");
    begun = [];
    return { text, number: ++number };
  };
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      begun.push(bytes.subarray(from, at));
      from = at + 1;
      yield line();
    }
    if (from < bytes.length) begun.push(bytes.subarray(from));
  }
  if (begun.length > 0) yield line();
}
