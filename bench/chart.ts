/**
 * A chart as SVG, plain enough to be written by hand: bars where zero means something, dots on a logarithmic scale
 * where the figures lie powers of ten apart. It brings its own background, light or dark as the reader's screen is.
 */
import type { Spread } from "./quantile.ts";

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  /** What the numbers are, such as "nanoseconds a call". */
  readonly unit: string;
  /** `bars` begin at zero; `dots` lie on a logarithmic scale. */
  readonly form: "bars" | "dots";
  /** What is compared; Seccat's own begin with its name, and are drawn in its colours. */
  readonly series: readonly string[];
  /** One figure for each series, undefined where there is none. */
  readonly groups: readonly { readonly name: string; readonly values: readonly (Spread | undefined)[] }[];
  /** What a reader has to know, and what it was measured on; a line each. */
  readonly notes: readonly string[];
}

const WIDTH = 860;
const LEFT = 262;
const RIGHT = 85;
const ROW = 17;
const PLOT = WIDTH - LEFT - RIGHT;

const light = ["#0b62a8", "#3f9be0", "#8cc4f0", "#8a8f98", "#b45309", "#4d535c"];
const dark = ["#6cb6ff", "#3d86d0", "#2b5f97", "#8b929c", "#f0a04b", "#c5ccd6"];

const style = `
  .back { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 } .group { font-weight: 600 } .small { font-size: 11px; fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 } .spread { stroke: #24292f; stroke-width: 1; opacity: .65 }
  ${light.map((colour, i) => `.c${i} { fill: ${colour} }`).join(" ")}
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #e6edf3 } .small { fill: #9198a1 }
    .grid { stroke: #30363d } .spread { stroke: #e6edf3 }
    ${dark.map((colour, i) => `.c${i} { fill: ${colour} }`).join(" ")}
  }`;

/** The chart as the text of an SVG file. */
export function chartSvg(chart: Chart): string {
  const scale = scaleOf(chart);
  const names = chart.form === "dots" ? legend(chart) : { marks: [], bottom: 28 };
  const top = names.bottom + 20;
  const body = chart.form === "dots" ? dotRows(chart, scale, top) : barRows(chart, scale, top);
  const notes = chart.notes.map((note, i) => text(16, body.bottom + 40 + 16 * i, note, "small"));
  const height = body.bottom + 40 + 16 * chart.notes.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(chart.title)}">
<style>${style}
</style>
<rect class="back" width="${WIDTH}" height="${height}" rx="6"/>
${[
  text(16, 26, chart.title, "title"),
  ...names.marks,
  ...grid(scale, chart.unit, top - 6, body.bottom),
  ...body.marks,
  ...notes,
].join("\n")}
</svg>
`;
}

interface Scale {
  readonly ticks: readonly number[];
  readonly x: (value: number) => number;
}

function scaleOf({ form, groups }: Chart): Scale {
  const spreads = groups.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const most = Math.max(...spreads.map(({ median, p90 }) => Math.max(median, p90)));
  if (form === "bars") {
    const step = stepFor(most);
    const ticks = Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) =>
      Number((i * step).toPrecision(6)),
    );
    const end = ticks.at(-1) ?? 1;
    return { ticks, x: (value) => LEFT + (PLOT * value) / end };
  }
  const least = Math.min(...spreads.map(({ median, p10 }) => Math.min(median, p10)));
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { ticks, x: (value) => LEFT + (PLOT * (Math.log10(value) - low)) / (high - low) };
}

/** 1, 2 or 5 times a power of ten, so that some five steps reach `most`. */
function stepFor(most: number): number {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((step) => step * power >= rough) ?? 10) * power;
}

function grid({ ticks, x }: Scale, unit: string, top: number, bottom: number): string[] {
  const lines = ticks.flatMap((tick) => [
    `<line class="grid" x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${top}" y2="${bottom}"/>`,
    text(x(tick), bottom + 14, String(Number(tick.toPrecision(3))), "small", "middle"),
  ]);
  return [...lines, text(LEFT - 12, bottom + 14, unit, "small", "end")];
}

interface Body {
  readonly marks: readonly string[];
  readonly bottom: number;
}

function barRows({ series, groups }: Chart, { x }: Scale, top: number): Body {
  const marks: string[] = [];
  let y = top;
  for (const { name, values } of groups) {
    marks.push(text(16, y + 12, name, "group"));
    y += ROW + 2;
    values.forEach((value, i) => {
      const label = series[i] ?? "";
      if (value === undefined) return;
      const width = (x(value.median) - LEFT).toFixed(1);
      marks.push(
        text(LEFT - 12, y + 12, label, "", "end"),
        `<rect class="c${lookOf(series, i).colour}" x="${LEFT}" y="${y + 2}" width="${width}" height="${ROW - 5}" rx="2"/>`,
        spreadLine(value, x, y + 8),
        text(x(Math.max(value.median, value.p90)) + 6, y + 12, shortNumber(value.median), "small"),
      );
      y += ROW;
    });
    y += 8;
  }
  return { marks, bottom: y };
}

function dotRows({ series, groups }: Chart, { x }: Scale, top: number): Body {
  const marks = groups.flatMap(({ name, values }, row) => {
    const y = top + row * (ROW + 3) + 10;
    const dots = values.flatMap((value, i) => {
      if (value === undefined) return [];
      return [mark(series, i, x(value.median), y, `${series[i]}: ${shortNumber(value.median)}`)];
    });
    return [
      text(LEFT - 12, y + 4, name, "", "end"),
      `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${y}" y2="${y}"/>`,
      ...dots,
    ];
  });
  return { marks, bottom: top + groups.length * (ROW + 3) + 4 };
}

/** The names of the series, in as many lines as it takes. */
function legend({ series }: Chart): Body {
  let [at, y] = [16, 46];
  const marks = series.flatMap((name, i) => {
    const width = 32 + name.length * 6.2;
    if (at > 16 && at + width > WIDTH) [at, y] = [16, y + ROW];
    const words = [mark(series, i, at + 5, y), text(at + 15, y + 4, name, "small")];
    at += width;
    return words;
  });
  return { marks, bottom: y };
}

/** A circle for the first three of Seccat's and of the peers, whose colours differ; diamonds for more. */
function mark(series: readonly string[], index: number, x: number, y: number, title?: string): string {
  const { colour, round } = lookOf(series, index);
  const at = x.toFixed(1);
  const inside = title === undefined ? "" : `<title>${escaped(title)}</title>`;
  if (round === 0) return `<circle class="c${colour}" cx="${at}" cy="${y}" r="5">${inside}</circle>`;
  return `<path class="c${colour}" d="M${at} ${y - 7}l5 7l-5 7l-5 -7z">${inside}</path>`;
}

/** Blue for Seccat's, and for all where there are no peers; other colours for peers; `round` counts what came before. */
function lookOf(series: readonly string[], index: number): { colour: number; round: number } {
  const alone = !series.some((name) => name.startsWith("Seccat"));
  const isOwn = (name: string | undefined) => alone || (name?.startsWith("Seccat") ?? false);
  const own = isOwn(series[index]);
  const before = series.slice(0, index).filter((name) => isOwn(name) === own).length;
  return { colour: (own ? 0 : 3) + (before % 3), round: Math.floor(before / 3) };
}

/** From the tenth to the ninetieth percentile. */
function spreadLine({ p10, p90 }: Spread, x: (value: number) => number, y: number): string {
  return `<line class="spread" x1="${x(p10).toFixed(1)}" x2="${x(p90).toFixed(1)}" y1="${y}" y2="${y}"/>`;
}

function shortNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
}

function text(x: number, y: number, words: string, kind: string, anchor = "start"): string {
  return `<text x="${x.toFixed(1)}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
