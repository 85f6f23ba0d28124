import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Chart, chartSvg } from "../../bench/chart.ts";

const charts = suite("bench/chart");
const spread = (median: number) => ({ median, p10: median * 0.9, p90: median * 1.1 });
const chart: Chart = {
  title: "This & that",
  unit: "nanoseconds",
  form: "bars",
  series: ["no filter", "Seccat"],
  groups: [
    { name: "a", values: [spread(50), spread(100)] },
    { name: "b", values: [undefined, spread(200)] },
  ],
  notes: ["<made up>"],
};

charts("a bar for each figure, as long as the figure is large", () => {
  const widths = [...chartSvg(chart).matchAll(/<rect class="c\d" .*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  assert.is(widths.length, 3);
  const [first = 0, second = 0, third = 0] = widths;
  assert.ok(Math.abs(second / first - 2) < 0.01 && Math.abs(third / first - 4) < 0.01, widths.join(" "));
});

charts("dots lie on a logarithmic scale", () => {
  const groups = [
    { name: "a", values: [spread(1), spread(100)] },
    { name: "b", values: [spread(10), undefined] },
  ];
  const xs = [
    ...chartSvg({ ...chart, form: "dots", groups }).matchAll(/cx="([\d.]+)" cy="[\d.]+" r="5"><title>/g),
  ].map(([, x]) => Number(x));
  const [one = 0, hundred = 0, ten = 0] = xs;
  assert.is(xs.length, 3);
  assert.ok(Math.abs(2 * (ten - one) - (hundred - one)) < 0.3, xs.join(" "));
});

charts(
  "every series of a chart with dots has a look of its own, and its name stands inside the picture",
  () => {
    const series = ["C", "D", ...Array.from({ length: 6 }, (_, i) => `Seccat, in way number ${i} of many`)];
    const svg = chartSvg({
      ...chart,
      form: "dots",
      series,
      groups: [{ name: "a", values: series.map(() => spread(3)) }],
    });
    const looks = [...svg.matchAll(/<(circle|path) class="(c\d)"[^>]*><title>/g)].map(
      ([, shape, c]) => `${shape} ${c}`,
    );
    assert.is(new Set(looks).size, series.length, looks.join(", "));
    for (const name of series) {
      const [, x] = new RegExp(`<text x="([\\d.]+)"[^>]*>${name}</text>`).exec(svg) ?? [];
      assert.ok(Number(x) + 6.2 * name.length < 860, `${name} begins at ${x}`);
    }
  },
);

charts("words cannot become marks", () => {
  const svg = chartSvg(chart);
  assert.ok(svg.includes("This &#38; that"));
  assert.ok(svg.includes("&#60;made up&#62;"));
  assert.not.match(svg, /NaN|undefined|Infinity/);
});

charts.run();
