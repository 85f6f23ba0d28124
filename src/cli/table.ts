/** Rows as lines of aligned columns, two spaces in; the last column is not padded, and folded at `width`. */
export function table(rows: readonly (readonly string[])[], width = lineWidth()): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const indent = 2 + widths.slice(0, -1).reduce((sum, w) => sum + w + 2, 0);
  return rows
    .map((row) => {
      const start = row
        .slice(0, -1)
        .map((cell, i) => `${cell.padEnd(widths[i] ?? 0)}  `)
        .join("");
      const last = fold(row.at(-1) ?? "", Math.max(20, width - indent));
      return `${`  ${start}${last.join(`\n${" ".repeat(indent)}`)}`.trimEnd()}\n`;
    })
    .join("");
}

/** `text` broken at spaces into lines of at most `width` characters; longer words stay whole. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

/** A list with commas, broken between its items only. */
export function foldList(items: readonly string[], width: number): string[] {
  const whole = items.map((item) => item.replaceAll(" ", "\u00a0")).join(", ");
  return fold(whole, width).map((line) => line.replaceAll("\u00a0", " "));
}

/** Characters of a line on stdout: the terminal's, at most 120; 100 in a pipe. */
export function lineWidth(): number {
  return Math.min(120, process.stdout.columns ?? 100);
}
